#!/usr/bin/python3 -B
"""An attacker on the path: passes SCTP in UDP between two nodes, and changes frames on request.

    node a ──► 127.0.0.1:PORT │ middle │ ──► UPSTREAM:9899 node b

    middle.py PORT UPSTREAM

Commands come on stdin, one JSON object a line; each is answered by one line on stdout when it is done:
    {"do": "alter", "frame": "sealed", "way": "ab", "count": 3, "at": -1}
`frame` is a frame's name (below), `way` "ab" or "ba", `count` how many frames it is done to, `channel` limits it to
one channel. SEALED frames are changed only if they may be lost (their lifetime is not 0), unless "reliable": true:
a reliable one that never comes rightly ends its channel a minute later. What can be done:
    alter    turn the bits of the byte `at` (from the frame's begin, or end when negative)
    replay   put an earlier SEALED frame of the same channel in this one's place
    graft    put the body of an earlier SEALED frame of channel `from` under this one's clear header
    stream   send it on stream `to`
    channel  write `to` into its channel field
    epoch    write `to` into its epoch field
    fields   `set` fields of a handshake's frame: {number: value in hexadecimal, or null to take it away}
    forge    put the frame `hex` in its place, with this one's channel field
    random   put random bytes in its place, half of the time behind a valid clear header
    seen     nothing: answers with {"channels": {channel: frames seen}}
"""
import json
import os
import random
import selectors
import socket
import struct
import sys

FRAMES = {1: "open", 2: "opened", 3: "refused", 4: "sealed", 5: "closed"}
FUNNEL = 0x464E4C31
KEPT = 400  # frames remembered of each channel and way
# Chunk type: (bytes of its header, where stream and payload protocol stand). DATA, I-DATA (RFC 8260).
DATA_CHUNKS = {0: (16, 8, 12), 64: (20, 8, 16)}
WHOLE = 0x03  # beginning and ending fragment

CRC_TABLE = []
for number in range(256):
    for _ in range(8):
        number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
    CRC_TABLE.append(number)


def crc32c(data):
    """RFC 9260 appendix A; stored in little-endian order."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def with_fields(body, changes):
    """The body of OPEN or OPENED with other values; fields stay in their order."""
    out, at = b"", 0
    while at + 3 <= len(body):
        number, length = struct.unpack_from(">BH", body, at)
        value = body[at + 3:at + 3 + length]
        at += 3 + length
        wanted = changes.get(str(number), value.hex())
        if wanted is not None:
            out += struct.pack(">BH", number, len(wanted) // 2) + bytes.fromhex(wanted)
    return out


class Middle:
    def __init__(self, port, upstream):
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", port))
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.connect((upstream, 9899))
        self.node = None  # where node a sends from
        self.orders = []
        self.kept = {"ab": {}, "ba": {}}

    def pass_on(self, way, data):
        data = self.work_on(way, data)
        try:
            if way == "ab":
                self.far.send(data)
            elif self.node:
                self.near.sendto(data, self.node)
        except OSError:
            pass  # nobody there: the packet is lost, as on any path

    def work_on(self, way, data):
        """The packet, with whatever its frames were turned into."""
        out, at, changed = bytearray(data[:12]), 12, False
        while at + 4 <= len(data):
            length = max(4, struct.unpack_from(">H", data, at + 2)[0])
            chunk = data[at:at + length]
            new = self.work_on_chunk(way, chunk)
            changed |= new is not chunk
            out += new + bytes(-len(new) % 4)
            at += length + -length % 4
        if not changed:
            return data
        out[8:12] = bytes(4)
        out[8:12] = struct.pack("<I", crc32c(out))
        return bytes(out)

    def work_on_chunk(self, way, chunk):
        if chunk[0] not in DATA_CHUNKS or chunk[1] & WHOLE != WHOLE:
            return chunk
        size, stream_at, protocol_at = DATA_CHUNKS[chunk[0]]
        if struct.unpack_from(">I", chunk, protocol_at)[0] != FUNNEL or len(chunk) < size + 12:
            return chunk
        frame = chunk[size:]
        channel = struct.unpack_from(">I", frame, 4)[0]
        order = next((one for one in self.orders if one["way"] == way and FRAMES.get(frame[0]) == one["frame"]
                      and one.get("channel", channel) == channel
                      and (frame[0] != 4 or one.get("reliable") or frame[8:12] != bytes(4))), None)
        new, header = (frame, chunk[:size]) if not order else self.obey(order, way, channel, chunk[:size], frame)
        if new is frame and header == chunk[:size]:
            if frame[0] == 4:  # one that arrives as it was sent: only such a one can be replayed
                kept = self.kept[way].setdefault(channel, [])
                kept.append(frame)
                del kept[:-KEPT]
            return chunk
        self.done(order)
        return header[:2] + struct.pack(">H", size + len(new)) + header[4:] + new

    def obey(self, order, way, channel, header, frame):
        what, stream_at = order["do"], 8
        earlier = self.kept[way].get(order.get("from", channel), [])
        if what == "alter":
            at = order["at"] % len(frame)
            return frame[:at] + bytes([frame[at] ^ 0xFF]) + frame[at + 1:], header
        if what == "replay" and earlier:
            return earlier[0], header
        if what == "graft" and earlier:
            return frame[:12] + earlier[-1][12:], header
        if what == "stream":
            return frame, header[:stream_at] + struct.pack(">H", order["to"]) + header[stream_at + 2:]
        if what == "channel":
            return frame[:4] + struct.pack(">I", order["to"]) + frame[8:], header
        if what == "epoch":
            return frame[:2] + struct.pack(">H", order["to"]) + frame[4:], header
        if what == "fields":
            return frame[:12] + with_fields(frame[12:], order["set"]), header
        if what == "forge":
            forged = bytes.fromhex(order["hex"])
            return forged[:4] + struct.pack(">I", channel) + forged[8:], header
        if what == "random":
            noise = random.randbytes(random.randrange(1, 1200))
            return (frame[:12] if random.random() < 0.5 else b"") + noise, header
        return frame, header

    def done(self, order):
        order["count"] -= 1
        if order["count"] == 0:
            self.orders.remove(order)
            print(json.dumps({"done": order["do"]}), flush=True)

    def command(self, line):
        order = json.loads(line)
        if order["do"] == "seen":
            print(json.dumps({"channels": {channel: len(frames) for channel, frames in self.kept["ab"].items()}}),
                  flush=True)
        else:
            self.orders.append({"count": 1, **order})

    def run(self):
        waiting, commands = selectors.DefaultSelector(), b""
        for source in (self.near, self.far, sys.stdin.buffer):
            waiting.register(source, selectors.EVENT_READ)
        print(json.dumps({"done": "listen"}), flush=True)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is self.near:
                    data, self.node = self.near.recvfrom(65536)
                    self.pass_on("ab", data)
                elif key.fileobj is self.far:
                    try:
                        self.pass_on("ba", self.far.recv(65536))
                    except ConnectionRefusedError:
                        pass  # node b is away
                else:
                    got = os.read(0, 65536)
                    if not got:
                        return
                    *lines, commands = (commands + got).split(b"\n")
                    for line in lines:
                        self.command(line)


if __name__ == "__main__":
    Middle(int(sys.argv[1]), sys.argv[2]).run()
