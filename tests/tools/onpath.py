#!/usr/bin/python3
"""Somebody on the path between two nodes: forwards SCTP-in-UDP packets and changes what they carry, with right
checksums, so that only what Funnel itself protects can notice.

    onpath.py LISTEN-ADDRESS PORT TO-ADDRESS TO-PORT

Commands on stdin, one a line; each is answered with one line on stdout:
    pass                     change nothing (the start)
    MODE EVERY [COUNT]       change each EVERY-th frame that fits, at most COUNT of them
    count                    {"packets": N, "frames": {type: N}, "changed": N}
Modes:
    flip           a SEALED frame's body: one bit somewhere
    header         a SEALED frame's epoch
    replay         a SEALED frame is replaced by an older one of its stream
    cross          a SEALED frame is replaced by one of another stream, with this stream's channel id
    close          a SEALED frame becomes CLOSED
    cut            a SEALED frame loses its last bytes
    random         a SEALED frame's whole body becomes random
    open, opened   one bit of an OPEN's or OPENED's body
"""
import json
import random
import select
import socket
import struct
import sys

OPEN, OPENED, SEALED, CLOSED = 1, 2, 4, 5
FRAME_HEADER = 12
CHUNK_DATA, CHUNK_I_DATA = 0, 64
WHOLE = 3  # begin and end: one unfragmented message
PPID = 0x464E4C31


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Changer:
    def __init__(self):
        self.mode, self.every, self.left = "pass", 1, 0
        self.seen = self.changed = self.packets = 0
        self.frames = {}
        self.kept = {}  # (direction, stream) -> older SEALED frames

    def command(self, line):
        words = line.split()
        if words[0] == "count":
            return json.dumps({"packets": self.packets, "frames": self.frames, "changed": self.changed})
        self.mode = words[0]
        self.every = int(words[1]) if len(words) > 1 else 1
        self.left = int(words[2]) if len(words) > 2 else 1 << 60
        self.seen = 0
        return "ok"

    def packet(self, data, direction):
        """The packet as it goes on: the same, or changed with a right checksum."""
        self.packets += 1
        out = bytearray(data)
        touched = False
        at = 12
        while at + 4 <= len(data):
            kind, flags, length = struct.unpack_from("!BBH", data, at)
            if length < 4:
                break
            header = {CHUNK_DATA: 16, CHUNK_I_DATA: 20}.get(kind)
            if header and flags & WHOLE == WHOLE and length >= header + FRAME_HEADER:
                stream = struct.unpack_from("!H", data, at + 8)[0]
                frame = bytes(data[at + header:at + length])
                changed = self.frame(frame, (direction, stream))
                if changed is not None and len(changed) == len(frame):
                    out[at + header:at + length] = changed
                    touched = True
            at += (length + 3) & ~3
        if touched:
            out[8:12] = b"\0\0\0\0"
            struct.pack_into("<I", out, 8, crc32c(out))
        return bytes(out)

    def frame(self, frame, place):
        kind = frame[0]
        self.frames[kind] = self.frames.get(kind, 0) + 1
        wanted = {"open": OPEN, "opened": OPENED}.get(self.mode, SEALED)
        if kind == SEALED:
            kept = self.kept.setdefault(place, [])
            kept.append(frame)
            del kept[:-200]
        # Stream 0 is the nodes' own.
        if self.mode == "pass" or kind != wanted or self.left <= 0 or place[1] == 0:
            return None
        self.seen += 1
        if self.seen % self.every:
            return None
        changed = self.change(frame, place)
        if changed is not None and changed != frame:
            self.left -= 1
            self.changed += 1
        return changed

    def change(self, frame, place):
        out = bytearray(frame)
        if self.mode in ("flip", "open", "opened"):
            out[random.randrange(FRAME_HEADER, len(out))] ^= 1 << random.randrange(8)
        elif self.mode == "header":
            out[3] ^= 1
        elif self.mode == "close":
            out[0] = CLOSED
        elif self.mode == "cut":  # the length of the message stays: what is missing becomes zeros
            out[-7:] = bytes(7)
        elif self.mode == "random":
            out[FRAME_HEADER:] = random.randbytes(len(out) - FRAME_HEADER)
        elif self.mode == "replay":
            older = [one for one in self.kept[place][:-1] if len(one) == len(frame)]
            return random.choice(older) if older else None
        elif self.mode == "cross":
            others = [one for other, kept in self.kept.items() if other != place and other[0] == place[0]
                      for one in kept if len(one) == len(frame)]
            if not others:
                return None
            out[FRAME_HEADER:] = random.choice(others)[FRAME_HEADER:]
        return bytes(out)


def main():
    listen, port, to, to_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind((listen, port))
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.connect((to, to_port))
    for sock in (near, far):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sock.setblocking(False)
    changer, client = Changer(), None
    print("listening", flush=True)
    while True:
        ready = select.select([near, far, sys.stdin], [], [])[0]
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            print(changer.command(line), flush=True)
        for sock in (near, far):
            try:
                while sock in ready:
                    if sock is near:
                        data, client = near.recvfrom(65536)
                        far.send(changer.packet(data, "out"))
                    else:
                        data = far.recv(65536)
                        if client:
                            near.sendto(changer.packet(data, "in"), client)
            except OSError:
                pass  # drained, or the other end is away for a moment


main()
