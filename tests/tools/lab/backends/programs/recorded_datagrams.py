"""Prints each datagram that comes to 127.0.0.1:PORT in hexadecimal, a line each, and answers none. Argument: PORT."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    print(link.recv(65535).hex(), flush=True)
