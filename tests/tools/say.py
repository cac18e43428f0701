#!/usr/bin/python3 -B
"""Says something on a TCP connection, and keeps it.

    say.py ADDRESS PORT BYTES

BYTES are hexadecimal. Prints the first bytes that come back, in hexadecimal (an empty line: the connection ended), and ends with its
standard input.
"""
import socket
import sys


def main():
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60) as to:
        to.sendall(bytes.fromhex(sys.argv[3]))
        try:
            print(to.recv(65536).hex(), flush=True)
        except ConnectionResetError:
            print(flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
