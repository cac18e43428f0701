"""Says NAME to each TCP connection to ADDRESS:PORT, and in answer to each datagram there. Arguments: ADDRESS PORT NAME."""
import select
import socket
import sys

address, name = (sys.argv[1], int(sys.argv[2])), sys.argv[3].encode()
streams = socket.create_server(address)
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(address)
print("listening", flush=True)
while True:
    for ready in select.select([streams, datagrams], [], [])[0]:
        if ready is streams:
            streams.accept()[0].sendall(name)
        else:
            datagrams.sendto(name, datagrams.recvfrom(65535)[1])
