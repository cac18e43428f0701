"""Answers each datagram to 127.0.0.1:PORT with the DSCP that it had, and with the DSCP that it asks for. Argument: PORT."""
import socket
import sys

link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    wanted, control, _, client = link.recvmsg(100, 100)
    link.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, int(wanted) << 2)
    link.sendto(str(control[0][2][0] >> 2 if control else 0).encode(), client)
