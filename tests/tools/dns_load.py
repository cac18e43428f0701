#!/usr/bin/python3
"""Open-loop DNS load: every query is sent when it is due and only once; latency counts from then.

    dns_load.py ADDRESS PORT COUNT RATE WAIT     prints one JSON object:
    {"sent": N, "answered": N, "wrong": N, "milliseconds": [sorted latencies], "gaps": [...]}

`gaps` has the start times (s) of seconds in which nothing was answered.
"""
import json
import select
import socket
import struct
import sys
import time

from lab import nsd


def query(number):
    """A query for hostN's TXT record, with the query number (modulo 2^16) as its id."""
    labels = [f"host{number % nsd.NAMES}", *nsd.ZONE.split(".")]
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    return struct.pack("!6H", number % 65536, 0x0100, 1, 0, 0, 0) + name + struct.pack("!2H", 16, 1)


def main():
    address, port, count, rate, wait = sys.argv[1], *map(float, sys.argv[2:6])
    count = int(count)
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.connect((address, int(port)))
    sock.setblocking(False)
    begin = time.monotonic()
    due = [begin + number / rate for number in range(count)]
    pending, latencies, wrong, sent = {}, [], 0, 0
    answered_seconds = set()
    while True:
        now = time.monotonic()
        while sent < count and due[sent] <= now:
            pending[sent % 65536] = sent
            try:
                sock.send(query(sent))
            except OSError:
                pass  # the answer to an earlier one was an ICMP error: counts as unanswered
            sent += 1
        if (sent == count and not pending) or now > due[-1] + wait:
            break
        until = due[sent] if sent < count else due[-1] + wait
        if not select.select([sock], [], [], max(0, until - now))[0]:
            continue
        try:
            data = sock.recv(4096)
        except OSError:
            continue
        number = pending.pop(struct.unpack("!H", data[:2])[0], None)
        if number is None or f"this is host {number % nsd.NAMES}".encode() not in data:
            wrong += 1
            continue
        now = time.monotonic()
        answered_seconds.add(int(now - begin))
        latencies.append((now - due[number]) * 1000)
    gaps = sorted(set(range(int(due[-1] - begin) + 1)) - answered_seconds)
    print(json.dumps({"sent": sent, "answered": len(latencies), "wrong": wrong,
                      "milliseconds": [round(one, 3) for one in sorted(latencies)], "gaps": gaps}))


main()
