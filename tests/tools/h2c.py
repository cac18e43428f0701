#!/usr/bin/python3 -B
"""Asks an HTTP/2 server many things at a time on one connection, without TLS.

    h2c.py PORT POSTED PATH...

For each path (at 127.0.0.1) a POST of POSTED bytes, or a GET if that is 0. Prints JSON: for each its answer's length, SHA-256 and how
many header blocks it had (2: trailers); and how often an answer ended before one that was asked for earlier.
"""
import hashlib
import json
import socket
import struct
import sys

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW = 4
CHUNK = 16384


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">IBI", len(payload) << 8 | kind, flags, stream) + payload


def literal(index, value):
    """A field whose name is in the static table, below 15; its value is not kept."""
    return bytes([index, len(value)]) + value


class Stream:
    def __init__(self, content, window):
        self.unsent = content
        self.window = window
        self.body = hashlib.sha256()
        self.length = self.blocks = 0
        self.ended = False


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.buffer = b""
        self.window = self.stream_window = 65535
        self.streams = {}
        self.order = []
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))
        while SETTINGS not in self.take():  # and so what windows the server gives
            pass

    def take(self):
        """Reads what is there; returns the kinds of the frames."""
        got = self.socket.recv(1 << 20)
        if not got:
            raise EOFError("the server ended the connection")
        self.buffer += got
        kinds = []
        while len(self.buffer) >= 9:
            head, flags, stream = struct.unpack_from(">IBI", self.buffer)
            length, kind = head >> 8, head & 0xff
            if len(self.buffer) < 9 + length:
                break
            payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
            self.on_frame(kind, flags, stream, payload)
            kinds.append(kind)
        return kinds

    def on_frame(self, kind, flags, stream, payload):
        if kind in (DATA, HEADERS):
            self.on_answer(kind, flags, stream, payload)
        elif kind == WINDOW_UPDATE:
            more = struct.unpack(">I", payload)[0]
            if stream == 0:
                self.window += more
            elif stream in self.streams:
                self.streams[stream].window += more
        elif kind == SETTINGS and not flags & ACK:
            for name, value in struct.iter_unpack(">HI", payload):
                if name == INITIAL_WINDOW:
                    self.stream_window = value
            self.socket.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, payload))
        elif kind in (RST_STREAM, GOAWAY):
            raise EOFError(f"the server gave up: frame {kind}, {payload.hex()}")

    def on_answer(self, kind, flags, stream, payload):
        to = self.streams[stream]
        if to.ended or (kind == DATA and to.blocks != 1):
            raise EOFError(f"stream {stream}: frame {kind} is out of place")
        if kind == HEADERS:
            to.blocks += 1
        else:
            to.body.update(payload)
            to.length += len(payload)
            if payload:
                back = struct.pack(">I", len(payload))
                self.socket.sendall(frame(WINDOW_UPDATE, 0, 0, back) + frame(WINDOW_UPDATE, 0, stream, back))
        if flags & END_STREAM:
            to.ended = True
            self.order.append(stream)

    def ask(self, path, content):
        stream = 2 * len(self.streams) + 1
        self.streams[stream] = Stream(content, self.stream_window)
        method = b"\x83" if content else b"\x82"
        fields = method + b"\x86" + literal(4, path.encode()) + literal(1, b"127.0.0.1")
        self.socket.sendall(frame(HEADERS, END_HEADERS | (0 if content else END_STREAM), stream, fields))

    def send_some(self):
        """A piece of each content in turn, as far as windows go."""
        for number, stream in self.streams.items():
            size = min(CHUNK, len(stream.unsent), stream.window, self.window)
            if size <= 0:
                continue
            piece, stream.unsent = stream.unsent[:size], stream.unsent[size:]
            stream.window -= size
            self.window -= size
            self.socket.sendall(frame(DATA, 0 if stream.unsent else END_STREAM, number, piece))

    def run(self):
        while not all(stream.ended for stream in self.streams.values()):
            self.send_some()
            self.take()


def main():
    port, size, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    client = Client(port)
    for number, path in enumerate(paths):
        client.ask(path, hashlib.shake_128(str(number).encode()).digest(size))
    client.run()
    answers = [(stream.length, stream.body.hexdigest(), stream.blocks) for stream in client.streams.values()]
    passed = sum(one > two for one, two in zip(client.order, client.order[1:]))
    print(json.dumps({"answers": answers, "overtaken": passed}))


if __name__ == "__main__":
    main()
