"""Answers each datagram to 127.0.0.1:PORT with the port from which it came. Argument: PORT."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    _, client = link.recvfrom(65536)
    link.sendto(str(client[1]).encode(), client)
