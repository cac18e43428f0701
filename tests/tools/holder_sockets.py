"""The listening sockets of tests/tools/holder, as systemd's .socket units make them."""
import os
import socket
import sys

IPV6_RECVPKTINFO = 49
IP_PKTINFO = 8


def split_address(text):
    host, _, port = text.rpartition(":")
    if host.startswith("["):
        return socket.AF_INET6, (host.strip("[]"), int(port))
    return socket.AF_INET, (host, int(port))


def internet_socket(kind, where):
    family, address = split_address(where)
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if kind == socket.SOCK_DGRAM:  # PassPacketInfo=yes
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    sock.bind(address)
    if kind == socket.SOCK_STREAM:
        sock.listen(4096)
    return sock


def seqpacket_socket(where):
    path, mode, owner = (where.split(",") + ["", ""])[:3]
    if os.path.exists(path):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.bind(path)
    os.chmod(path, int(mode or "0666", 8))
    if owner:
        uid, gid = owner.split(":")
        os.chown(path, int(uid), int(gid))
    sock.listen(4096)
    return sock


def bind_all(arguments):
    """All sockets as (name, socket), in the order of kinds."""
    held = []
    for kind, listed in (("udp", arguments.udp), ("tcp", arguments.tcp), ("seqpacket", arguments.seqpacket)):
        for item in listed:
            name, _, where = item.partition("=")
            try:
                if kind == "seqpacket":
                    sock = seqpacket_socket(where)
                else:
                    sock = internet_socket(socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM, where)
            except OSError as error:
                sys.exit(f"holder: {kind} {where}: {error.strerror}")
            sock.setblocking(False)
            held.append((name, sock))
    return held
