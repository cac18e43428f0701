#!/usr/bin/python3 -B
"""FastCGI on one connection that many requests share.

    fastcgi.py serve ADDRESS PORT
    fastcgi.py load ADDRESS PORT RATE SECONDS WAIT      requests of some 100 bytes, answers of 200; latency from the time one was due
    fastcgi.py pour ADDRESS PORT BYTES                  one request with so many bytes of standard input; MB/s until it has ended

The server answers when standard input has ended. load and pour print a line of JSON.
"""
import json
import selectors
import socket
import struct
import sys
import threading
import time

import percentiles

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
HEADER = struct.Struct(">BBHHBx")
ANSWER = b"Status: 200 OK\r\n\r\n".ljust(200, b"x")
QUESTION = b"x" * 60
RECORD_BYTES = 32000
BUFFER_BYTES = 1 << 20
IDS = 65535


def record(kind, number, content=b""):
    return HEADER.pack(1, kind, number, len(content), 0) + content


def request(number):
    begin = record(BEGIN, number, struct.pack(">HB5x", 1, 1))
    return begin + record(PARAMS, number) + record(STDIN, number, QUESTION) + record(STDIN, number)


def records(connection):
    """(kind, id, length of the content) of each record that comes; what the contents are does not matter."""
    buffer = memoryview(bytearray(BUFFER_BYTES))
    head, skip = b"", 0
    while size := connection.recv_into(buffer):
        at = 0
        while at < size:
            step = min(skip, size - at)
            at, skip = at + step, skip - step
            if at == size:
                break
            step = min(HEADER.size - len(head), size - at)
            head, at = head + bytes(buffer[at:at + step]), at + step
            if len(head) == HEADER.size:
                _, kind, number, length, padding = HEADER.unpack(head)
                head, skip = b"", length + padding
                yield kind, number, length


def answer(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for kind, number, length in records(connection):
        if kind == STDIN and length == 0:
            connection.sendall(record(STDOUT, number, ANSWER) + record(STDOUT, number) + record(END, number, bytes(8)))
    connection.close()


def serve(address, port):
    with socket.create_server((address, int(port))) as listener:
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def connect(address, port):
    connection = socket.create_connection((address, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def load(address, port, rate, seconds, wait):
    rate, seconds, wait = float(rate), float(seconds), float(wait)
    connection = connect(address, port)
    ready = selectors.DefaultSelector()
    ready.register(connection, selectors.EVENT_READ)
    due, latencies, head, begin, number, total = {}, [], b"", time.monotonic(), 0, int(rate * seconds)
    while number < total or due:
        now = time.monotonic() - begin
        if now > seconds + wait:
            break
        while number < total and number / rate <= now:
            due[1 + number % IDS] = number / rate
            connection.sendall(request(1 + number % IDS))
            number += 1
        pause = number / rate - (time.monotonic() - begin) if number < total else 0.05
        if not ready.select(max(0, pause)):
            continue
        head += connection.recv(65536)
        while len(head) >= HEADER.size:
            _, kind, which, length, padding = HEADER.unpack_from(head)
            if len(head) < HEADER.size + length + padding:
                break
            head = head[HEADER.size + length + padding:]
            if kind == END:
                latencies.append(time.monotonic() - begin - due.pop(which))
    print(percentiles.line(latencies, len(due)))


def pour(address, port, size):
    connection, size = connect(address, port), int(size)
    many = record(STDIN, 1, bytes(RECORD_BYTES)) * 32
    begin = time.monotonic()
    connection.sendall(record(BEGIN, 1, struct.pack(">HB5x", 1, 1)) + record(PARAMS, 1))
    for _ in range(size // len(many)):
        connection.sendall(many)
    connection.sendall(record(STDIN, 1))
    if all(kind != END for kind, _, _ in records(connection)):
        raise SystemExit("the connection ended")
    print(json.dumps({"MBps": size // len(many) * len(many) / (time.monotonic() - begin) / 1e6}))


if __name__ == "__main__":
    {"serve": serve, "load": load, "pour": pour}[sys.argv[1]](*sys.argv[2:])
