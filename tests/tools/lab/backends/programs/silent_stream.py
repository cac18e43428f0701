"""Accepts each TCP connection to 127.0.0.1:PORT, and neither reads nor closes it. Argument: PORT."""
import socket
import sys

listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listening.bind(("127.0.0.1", int(sys.argv[1])))
listening.listen(500)
print("listening", flush=True)
kept = []
while True:
    kept.append(listening.accept())
