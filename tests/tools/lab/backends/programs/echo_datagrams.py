"""Sends each datagram to 127.0.0.1:PORT back. Argument: PORT."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    link.sendto(*link.recvfrom(65535))
