"""Says "asked" for each datagram to 127.0.0.1:PORT, and answers all but the first IGNORED. Arguments: PORT IGNORED."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
ignored = int(sys.argv[2])
while True:
    _, client = link.recvfrom(100)
    print("asked", flush=True)
    if ignored <= 0:
        link.sendto(b"answer", client)
    ignored -= 1
