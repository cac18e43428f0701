#!/usr/bin/python3 -B
"""Whether datagrams pass a middlebox.

    pinholes.py answer ADDRESS FIRST COUNT    behind it: sends back what comes to COUNT UDP ports
    pinholes.py reach ADDRESS FIRST COUNT     before it: prints the ports, as a JSON array, from which an answer came
"""
import json
import select
import socket
import sys

SILENCE = 0.3  # what passes is back in a few milliseconds
ROUNDS = 3


def answer(address, ports):
    sockets = []
    for port in ports:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((address, port))
        sockets.append(one)
    print("ready", flush=True)
    while True:
        for one in select.select(sockets, [], [])[0]:
            said, asked_by = one.recvfrom(2048)
            one.sendto(said, asked_by)


def reach(address, ports):
    found = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _ in range(ROUNDS):
            for port in ports:
                asking.sendto(b"?", (address, port))
            while select.select([asking], [], [], SILENCE)[0]:
                found.add(asking.recvfrom(2048)[1][1])
    print(json.dumps(sorted(found)))


if __name__ == "__main__":
    what, where, first, count = sys.argv[1:]
    {"answer": answer, "reach": reach}[what](where, range(int(first), int(first) + int(count)))
