"""Answers datagrams to 127.0.0.1:PORT from there, or from another port or address where the question says so. Argument: PORT."""
import socket
import sys


def bound(address, port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    return made


port = int(sys.argv[1])
asked = bound("127.0.0.1", port)
others = {b"from another port": bound("127.0.0.1", 0), b"from another address": bound("127.0.0.9", port)}
print("listening", flush=True)
while True:
    question, client = asked.recvfrom(1000)
    others.get(question, asked).sendto(b"answer to " + question, client)
