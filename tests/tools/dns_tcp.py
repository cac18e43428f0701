#!/usr/bin/python3 -B
"""Many queries and a zone transfer on one TCP connection, none of which waits for an answer.

    dns_tcp.py ADDRESS PORT ZONE NAMES RATE

Asks for A and TXT of host0 ... in NAMES, RATE queries a second, with a transfer of the zone in the middle. Prints a JSON object:
{"answers": {"host0 A": hexadecimal without the id}, "transfer": [messages of it, in the order in which they came], "overtaken": how
many answers came before that of an earlier query}.
"""
import json
import selectors
import socket
import struct
import sys
import time

TYPES = {"A": 1, "TXT": 16, "AXFR": 252}
SOA = 6
DEADLINE = 60


def query(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = struct.pack(">HHHHHH", number, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", TYPES[kind], 1)
    return struct.pack(">H", len(message)) + message


def skip_name(message, at):
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def types_of_answers(message):
    questions, answers = struct.unpack(">HH", message[4:8])
    at = 12
    for _ in range(questions):
        at = skip_name(message, at) + 4
    found = []
    for _ in range(answers):
        at = skip_name(message, at)
        kind, _, _, length = struct.unpack(">HHIH", message[at:at + 10])
        found.append(kind)
        at += 10 + length
    return found


class Client:
    def __init__(self, address, port, zone, names, rate):
        wanted = [(f"host{number} {kind}", f"host{number}.{zone}", kind) for number in range(names) for kind in ("A", "TXT")]
        wanted.insert(len(wanted) // 2, ("transfer", zone, "AXFR"))
        self.asked = {number: title for number, (title, _, _) in enumerate(wanted)}
        self.queries = [query(number, name, kind) for number, (_, name, kind) in enumerate(wanted)]
        self.rate = rate
        self.socket = socket.create_connection((address, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers, self.transfer, self.order = {}, [], []
        self.input = b""
        self.boundaries = 0  # SOA records of the transfer: it begins and ends with one

    def take(self):
        while len(self.input) >= 2:
            size = struct.unpack(">H", self.input[:2])[0]
            if len(self.input) < 2 + size:
                return
            message, self.input = self.input[2:2 + size], self.input[2 + size:]
            number = struct.unpack(">H", message[:2])[0]
            title = self.asked[number]
            if title == "transfer":
                self.transfer.append(message[2:].hex())
                self.boundaries += types_of_answers(message).count(SOA)
            else:
                if title in self.answers:
                    raise SystemExit(f"{title} was answered twice")
                self.answers[title] = message[2:].hex()
                self.order.append(number)

    def done(self):
        return len(self.answers) == len(self.queries) - 1 and self.boundaries == 2

    def run(self):
        begin, sent = time.monotonic(), 0
        ready = selectors.DefaultSelector()
        ready.register(self.socket, selectors.EVENT_READ)
        while not self.done():
            now = time.monotonic() - begin
            if now > DEADLINE:
                raise SystemExit(f"{len(self.answers)} of {len(self.queries) - 1} answers, {self.boundaries} ends of the transfer")
            while sent < len(self.queries) and sent <= now * self.rate:
                self.socket.sendall(self.queries[sent])
                sent += 1
            if ready.select(1 / self.rate if sent < len(self.queries) else 1):
                piece = self.socket.recv(65536)
                if not piece:
                    raise SystemExit("the connection ended")
                self.input += piece
                self.take()
        self.socket.shutdown(socket.SHUT_WR)
        if self.input or self.socket.recv(1):
            raise SystemExit("bytes behind the last answer")
        highest, overtaken = -1, 0
        for number in self.order:
            overtaken += number < highest
            highest = max(highest, number)
        print(json.dumps({"answers": self.answers, "transfer": self.transfer, "overtaken": overtaken}))


if __name__ == "__main__":
    Client(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5])).run()
