"""Counts how often "the same question" comes to 127.0.0.1:PORT, and keeps silent until "another question" has come, which it
answers with the count; from then on it answers whatever comes. So all that was sent before had its chance. Argument: PORT."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
seen, answering = 0, False
while True:
    asked, client = link.recvfrom(100)
    seen += asked == b"the same question"
    if asked == b"another question" or answering:
        link.sendto(b"%d" % seen, client)
        answering = True
