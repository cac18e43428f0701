"""A peer that has nothing of Funnel: Linux's SCTP through plain sockets, RFC 6458. It connects or waits, sends the
messages that its arguments name, and prints what comes back.

    plain_peer.py connect|listen ADDRESS interleave|plain [STREAM:PPID:HEX ...]
        listening
        up                                  the association is there
        stream 0 ppid 464e4c31: 0301...     a message, its first bytes
        lost: not verified in time          an ABORT, with its text (RFC 9260 section 3.3.10.12); nothing follows
        shut down                           by the peer, in order; nothing follows
"""
import socket
import struct
import sys

IPPROTO_SCTP = 132
SCTP_EVENTS, SCTP_FRAGMENT_INTERLEAVE, SCTP_RECVRCVINFO, SCTP_INTERLEAVING_SUPPORTED = 11, 18, 32, 125
SCTP_SNDINFO, SCTP_RCVINFO = 2, 3
MSG_NOTIFICATION = 0x8000
SCTP_ASSOC_CHANGE = 0x8001
COMM_UP, COMM_LOST, RESTART, SHUTDOWN_COMP = range(4)
USER_INITIATED_ABORT = 12
PORT = 29899
PATIENCE = 60  # seconds


def say(text):
    print(text, flush=True)


def make_socket(interleave):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_SCTP)
    sock.settimeout(PATIENCE)
    if interleave:  # I-DATA, RFC 8260 section 4.3.1; the sysctl net.sctp.intl_enable allows it
        sock.setsockopt(IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 1)
        sock.setsockopt(IPPROTO_SCTP, SCTP_INTERLEAVING_SUPPORTED, struct.pack("=iI", 0, 1))
    sock.setsockopt(IPPROTO_SCTP, SCTP_EVENTS, bytes([0, 1]))  # changes of the association
    sock.setsockopt(IPPROTO_SCTP, SCTP_RECVRCVINFO, 1)
    return sock


def connect(sock, address):
    try:
        sock.connect((address, PORT))
    except ConnectionResetError:
        pass  # it is over already: the notification that says why waits
    return sock


def accept(sock, address):
    sock.bind((address, PORT))
    sock.listen(1)
    say("listening")
    return sock.accept()[0]


def send(sock, stream, ppid, message):
    info = struct.pack("=HHIIi", stream, 0, socket.htonl(ppid), 0, 0)
    sock.sendmsg([message], [(IPPROTO_SCTP, SCTP_SNDINFO, info)])


def reason(causes):
    """Of an ABORT: the text of its first cause, if the peer's user gave one."""
    if len(causes) < 4 or struct.unpack_from(">H", causes)[0] != USER_INITIATED_ABORT:
        return causes.hex()
    return causes[4:struct.unpack_from(">H", causes, 2)[0]].decode(errors="replace")


def changed(notification):
    """What the change of the association is; nothing follows some of them."""
    state = struct.unpack_from("=H", notification, 8)[0]
    if state == COMM_UP:
        return say("up")
    say("shut down" if state == SHUTDOWN_COMP else f"lost: {reason(notification[20:])}")
    return sys.exit(0)


def main(way, address, chunks, *messages):
    sock = (connect if way == "connect" else accept)(make_socket(chunks == "interleave"), address)
    for message in messages:
        stream, ppid, body = message.split(":")
        send(sock, int(stream), int(ppid, 16), bytes.fromhex(body))
    while True:
        data, extra, flags, _ = sock.recvmsg(65536, 256)
        if flags & MSG_NOTIFICATION:
            if struct.unpack_from("=H", data)[0] == SCTP_ASSOC_CHANGE:
                changed(data)
        elif not data:
            say("shut down")
            return
        else:
            info = next(value for level, kind, value in extra if (level, kind) == (IPPROTO_SCTP, SCTP_RCVINFO))
            stream, ppid = struct.unpack_from("=H", info)[0], struct.unpack_from(">I", info, 8)[0]
            say(f"stream {stream} ppid {ppid:08x}: {data[:64].hex()}")


main(*sys.argv[1:])
