"""Load from the C++ programs next to this package, bulk and flows: both ends check every byte."""
import json
import os
import subprocess

from .base import Child, LabError, tail, wait_until


class Server:
    """`bulk serve` or `flows serve` in a namespace."""

    def __init__(self, tunnel, program, *addresses, node="b"):
        network = tunnel.network
        self.log = os.path.join(tunnel.workspace.folder("traffic"), f"{program}-{os.urandom(3).hex()}.log")
        path = os.path.join(tunnel.nodes[node].tools, program)
        self.child = Child(program, network.inside(node, path, "serve", *addresses), self.log)
        wait_until(lambda: self.child.require_running() and "listening" in self.lines(),
                   f"{program} listens on {addresses}", detail=lambda: tail(self.log))

    def lines(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()

    def stop(self):
        self.child.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def start_client(tunnel, program, address, *options, node="a", **popen):
    """The client during which a test does something else; read its one line with `result`."""
    path = os.path.join(tunnel.nodes[node].tools, program)
    return tunnel.network.popen(node, path, "client", address, *options, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **popen)


def result(process, timeout=180):
    """What a client printed, as a dictionary."""
    out, _ = process.communicate(timeout=timeout)
    try:
        return json.loads(out.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise LabError(f"the client said: {out}") from error


def client(tunnel, program, address, *options, node="a", timeout=180):
    return result(start_client(tunnel, program, address, *options, node=node), timeout)


def require_equal(said, server):
    """All connections done at both ends, with the same sums."""
    assert said["done"] == said["connections"] and not said["errors"], said
    lines = wait_until(lambda: (server.lines()[1:] if len(server.lines()) > said["connections"] else None),
                           "the server is done as well")
    assert all(line.startswith("done: ") for line in lines), lines[:5]
    mask = (1 << 64) - 1
    received = sum(int(line.split()[3], 16) for line in lines) & mask
    sent = sum(int(line.split()[6], 16) for line in lines) & mask
    assert (f"{received:016x}", f"{sent:016x}") == (said["sent_checksum"], said["received_checksum"])


DNS_LOAD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "dns_load.py")


def start_dns_load(tunnel, port, count, rate, wait=5, address="127.0.0.1", node="a"):
    """Open-loop queries while a test does something else; read the outcome with `result`."""
    return tunnel.network.popen(node, "/usr/bin/python3", "-B", DNS_LOAD, address, port, count, rate, wait,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def dns_load(tunnel, port, count, rate, wait=5, **where):
    return result(start_dns_load(tunnel, port, count, rate, wait, **where), timeout=count / rate + wait + 30)


def percentile(ordered, share):
    """Of a sorted list; the largest for 1.0."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# One query for www's address each time a line comes in, all over one connection.
DNS_CONNECTION = """
import socket, struct, sys
def read(size):
    data = b""
    while len(data) < size:
        piece = s.recv(size - len(data))
        assert piece, "the connection ended"
        data += piece
    return data
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
name = b"".join(bytes([len(one)]) + one for one in (b"www", b"example", b"test")) + bytes(1)
for number, line in enumerate(sys.stdin):
    query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + name + struct.pack("!2H", 1, 1)
    s.sendall(struct.pack("!H", len(query)) + query)
    answer = read(struct.unpack("!H", read(2))[0])
    assert answer[:2] == struct.pack("!H", number) and bytes([192, 0, 2, 80]) in answer
    print("answered", flush=True)
"""


class DnsConnection:
    """One TCP connection that asks on request, and is silent in between."""

    def __init__(self, tunnel, port):
        self.child = tunnel.network.popen("a", "/usr/bin/python3", "-c", DNS_CONNECTION, port, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, text=True)

    def ask(self):
        self.child.stdin.write("ask\n")
        self.child.stdin.flush()
        if self.child.stdout.readline() != "answered\n":
            raise LabError("the connection broke")

    def close(self):
        self.child.stdin.close()
        if self.child.wait(timeout=10) != 0:
            raise LabError("the connection broke")
        self.child.stdout.close()


class Asked:
    """How many datagrams have reached a UDP backend at b since then."""

    def __init__(self, tunnel, port):
        self.network = tunnel.network
        # Otherwise a rule sees whole trains of datagrams.
        self.network.run("b", "ethtool", "-K", "lo", "tx-udp-segmentation", "off")
        self.mark = f"asked-{os.urandom(3).hex()}"
        self.network.run("b", "iptables", "-w", "-A", "INPUT", "-i", "lo", "-p", "udp", "--dport", port, "-m", "comment",
                         "--comment", self.mark)

    def count(self):
        listing = self.network.run("b", "iptables", "-w", "-nvxL", "INPUT").stdout
        return sum(int(line.split()[0]) for line in listing.splitlines() if self.mark in line)
