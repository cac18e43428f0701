"""Says in a node's name that its association ends: packets with the right addresses, ports, tag, numbers and checksum, from a raw
socket. Runs in that node's network namespace, where it also sees what the node itself sends.

    sctp_injector.py DEVICE OWN PEER CLAIM[,CLAIM...] ROUNDS BURST PAUSE_MS

It watches until it knows the association, then sends ROUNDS times a BURST of each claim, and prints what it has sent as JSON.
"""
import json
import os
import socket
import struct
import sys
import time

UDP_PORT = 9899
DATA, INIT, SACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, SHUTDOWN_COMPLETE = 0, 1, 3, 6, 7, 8, 9, 10, 14
WATCH_SECONDS = 20


def make_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = make_table()


def crc32c(data):
    total = 0xFFFFFFFF
    for byte in data:
        total = total >> 8 ^ TABLE[(total ^ byte) & 0xFF]
    return total ^ 0xFFFFFFFF


def chunk(kind, body=b"", flags=0):
    return struct.pack("!BBH", kind, flags, 4 + len(body)) + body + bytes(-len(body) % 4)


class Association:
    """What was seen of the node's own packets, and of those that it gets."""

    def __init__(self):
        self.ports = self.udp = self.tag = self.other_tag = self.cumulative = None

    def complete(self):
        return None not in (self.ports, self.tag, self.other_tag, self.cumulative)

    def look(self, packet, own, peer):
        """PACKET as it lies on the wire, behind the link's header."""
        if packet[0] >> 4 != 4:
            return
        head = (packet[0] & 15) * 4
        source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        rest, udp = packet[head:], None
        if packet[9] == socket.IPPROTO_UDP:
            udp = struct.unpack("!HH", rest[:4])
            if UDP_PORT not in udp:
                return
            rest = rest[8:]
        elif packet[9] != socket.IPPROTO_SCTP:
            return
        if len(rest) < 16 or (source, target) not in ((own, peer), (peer, own)):
            return
        tag = struct.unpack("!I", rest[4:8])[0]
        if source == own and tag:
            self.ports, self.udp, self.tag = rest[:4], udp, tag
            if rest[12] == SACK:
                self.cumulative = rest[16:20]
        elif source == peer and tag:
            self.other_tag = tag


def claims(seen):
    """{name: [(tag, chunks)]}: the packets of each claim."""
    cumulative = seen.cumulative
    init = struct.pack("!IIHHI", 0x1BADB002, 65536, 10, 10, 7)
    return {
        "abort": [(seen.tag, chunk(ABORT))],
        "abort-reflected": [(seen.other_tag, chunk(ABORT, flags=1))],
        "shutdown": [(seen.tag, chunk(SHUTDOWN, cumulative))],
        "shutdown-ack": [(seen.tag, chunk(SHUTDOWN_ACK))],
        "shutdown-complete": [(seen.tag, chunk(SHUTDOWN_COMPLETE))],
        "shutdown-twice": [(seen.tag, chunk(SHUTDOWN, cumulative)), (seen.tag, chunk(SHUTDOWN_COMPLETE))],
        "error": [(seen.tag, chunk(ERROR, struct.pack("!HHI", 3, 8, 0)))],
        "init": [(0, chunk(INIT, init))],
        "cookie": [(seen.tag, chunk(COOKIE_ECHO, os.urandom(104)))],
        "empty-data": [(seen.tag, chunk(DATA, struct.pack("!IHHI", 1, 0, 0, 0), flags=3))],
    }


def internet_checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_packet(seen, own, peer, tag, chunks):
    sctp = seen.ports + struct.pack("!II", tag, 0) + chunks
    sctp = sctp[:8] + struct.pack("<I", crc32c(sctp)) + sctp[12:]
    if seen.udp:
        sctp = struct.pack("!HHHH", *seen.udp, 8 + len(sctp), 0) + sctp
    protocol = socket.IPPROTO_UDP if seen.udp else socket.IPPROTO_SCTP
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(sctp), 0, 0, 64, protocol, 0) + socket.inet_aton(own) + socket.inet_aton(peer)
    return head[:10] + struct.pack("!H", internet_checksum(head)) + head[12:] + sctp


def watch(device, own, peer):
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as look:
        look.bind((device, 0))
        look.settimeout(1)
        seen, end = Association(), time.monotonic() + WATCH_SECONDS
        while not seen.complete():
            if time.monotonic() > end:
                sys.exit(f"not seen within {WATCH_SECONDS} s: {vars(seen)}")
            try:
                seen.look(look.recv(65535), own, peer)
            except TimeoutError:
                pass
        return seen


def main(device, own, peer, wanted, rounds, burst, pause):
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sent = dict.fromkeys(wanted.split(","), 0)
    for _ in range(int(rounds)):
        for claim in sent:
            # New each time: what is claimed fits to what has been acknowledged by now.
            seen = watch(device, own, peer)
            packets = [write_packet(seen, own, peer, tag, chunks) for tag, chunks in claims(seen)[claim]]
            for _ in range(int(burst)):
                for packet in packets:
                    out.sendto(packet, (peer, 0))
                    sent[claim] += 1
            time.sleep(int(pause) / 1000)
    print(json.dumps(sent))


if __name__ == "__main__":
    main(*sys.argv[1:])
