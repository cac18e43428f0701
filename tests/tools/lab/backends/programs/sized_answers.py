"""Answers each datagram to 127.0.0.1:PORT with as many bytes as it asks for. Argument: PORT."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    size, client = link.recvfrom(100)
    link.sendto(bytes(int(size)), client)
