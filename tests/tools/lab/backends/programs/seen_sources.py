"""Says to each who connects, or sends a datagram, from where that came. Arguments: ADDRESS PORT, for TCP and UDP alike.

A connection stays open until its other end closes it."""
import selectors
import socket
import sys

address = (sys.argv[1], int(sys.argv[2]))
family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
listener, datagrams = (socket.socket(family, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
for link in (listener, datagrams):
    link.bind(address)
listener.listen(100)
sources = selectors.DefaultSelector()
sources.register(listener, selectors.EVENT_READ)
sources.register(datagrams, selectors.EVENT_READ)
print("listening", flush=True)


def text(source):
    return f"{source[0]} {source[1]}\n".encode()


def serve(link):
    if link is listener:
        connection, source = listener.accept()
        sources.register(connection, selectors.EVENT_READ)
        connection.sendall(text(source))
    elif link is datagrams:
        _, source = datagrams.recvfrom(65536)
        datagrams.sendto(text(source), source)
    elif not link.recv(65536):
        sources.unregister(link)
        link.close()


while True:
    for key, _ in sources.select():
        try:
            serve(key.fileobj)
        except ConnectionError:
            sources.unregister(key.fileobj)
            key.fileobj.close()
