"""Answers each TCP connection to ADDRESS:PORT, once its client has ended, with how many bytes came. Arguments: ADDRESS PORT."""
import socket
import sys
import threading


def serve(connection):
    with connection:
        count = 0
        while more := connection.recv(65536):
            count += len(more)
        connection.sendall(str(count).encode())


listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listening", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
