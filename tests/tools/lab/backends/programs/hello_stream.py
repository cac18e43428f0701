"""Greets each TCP connection to ADDRESS:PORT. Arguments: ADDRESS PORT."""
import socket
import sys

listening = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listening", flush=True)
while True:
    listening.accept()[0].sendall(b"hello")
