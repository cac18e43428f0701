"""Answers each TCP connection to 127.0.0.1:PORT with all that came up to "hello", in hexadecimal. Argument: PORT."""
import socket
import sys

listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    accepted, _ = listening.accept()
    got = b""
    while not got.endswith(b"hello"):
        more = accepted.recv(1000)
        if not more:
            break
        got += more
    accepted.sendall(got.hex().encode())
    accepted.close()
