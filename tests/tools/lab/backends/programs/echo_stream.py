"""Sends back what each TCP connection to 127.0.0.1:PORT sends. Argument: PORT."""
import socket
import sys
import threading


def serve(accepted):
    try:
        while got := accepted.recv(65536):
            accepted.sendall(got)
    except OSError:
        pass
    accepted.close()


listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()
