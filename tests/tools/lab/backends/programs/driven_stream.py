"""One TCP connection, as a client (connect) or a backend (accept) of 127.0.0.1:PORT, with a small receive buffer; what it
does comes in on standard input, a line each:

    flood    sends what the kernel takes now         says how many bytes that was
    send N   sends N bytes                           says "sent"
    read N   reads N bytes                           says "read", "ended" (cleanly) or "reset"
    finish   ends its direction                      says "finished"
    port     of its own end                          says the number
"""
import socket
import sys

SMALL = 4096
BLOCK = bytes(65536)


def open_connection(role, port):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if role == "accept":
        one.bind(("127.0.0.1", port))
        one.listen()
        print("listening", flush=True)
        return one.accept()[0]
    one.connect(("127.0.0.1", port))
    return one


def flood(one):
    count = 0
    one.setblocking(False)
    try:
        while True:
            count += one.send(BLOCK)
    except BlockingIOError:
        return count
    finally:
        one.setblocking(True)


def read(one, size):
    while size > 0:
        try:
            piece = one.recv(min(size, SMALL))
        except ConnectionResetError:
            return "reset"
        if not piece:
            return "ended"
        size -= len(piece)
    return "read"


def obey(one, word, number):
    if word == "flood":
        return flood(one)
    if word == "send":
        one.sendall(bytes(number))
        return "sent"
    if word == "read":
        return read(one, number)
    if word == "finish":
        one.shutdown(socket.SHUT_WR)
        return "finished"
    return one.getsockname()[1]


connection = open_connection(sys.argv[1], int(sys.argv[2]))
print("connected", flush=True)
for line in sys.stdin:
    order, _, amount = line.strip().partition(" ")
    print(obey(connection, order, int(amount or 0)), flush=True)
