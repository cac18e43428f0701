"""What is not a module's protocol, from both ends: it goes on as bytes, whole and in order, is counted, logged once, and costs no memory.

    hostile client (a) -> 127.0.0.1:7401 ... ==== lan ==== 127.0.0.1:7400 a server that sends back what it gets (b)

What the server sends back is of the wrong end for each of these protocols, so that its edge falls back, too.
"""
import random
import struct
import subprocess

import pytest

import lab

ECHO = """
import socket, threading
def echo(connection):
    while piece := connection.recv(65536):
        connection.sendall(piece)
    connection.close()
listener = socket.create_server(("127.0.0.1", 7400), backlog=64)
print("ready", flush=True)
while True:
    threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()
"""
CLIENT = """
import socket, sys, threading
said = sys.stdin.buffer.read()
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def send():
    connection.sendall(said)
    connection.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
while piece := connection.recv(65536):
    sys.stdout.buffer.write(piece)
"""
# What each recognises, and then a length that nobody will ever send.
BEGINNINGS = {
    "dns": b"\xff\xff" + struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0),
    "ldap": b"\x30\x84\x7f\xff\xff\xff\x02\x01\x07\x63\x84\x7f\xff\xff\xf0",
    "radius": b"\x01\x07\x10\x00" + bytes(16),
    "kerberos": b"\x7f\xff\xff\xff\x6a\x84\x7f\xff\xff\xf9\x30\x84\x7f\xff\xff\xf3\xa1\x03\x02\x01\x05",
    "diameter": b"\x01\xff\xff\xfc\x80\x00\x01\x01" + bytes(12) + struct.pack(">II", 264, 0x40000010) + b"a" * 8,
    "sip": b"INVITE sip:b@c SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 999999999\r\n\r\n",
    "simco": struct.pack(">HHIHHIHH", 0x0101, 8 + 4 + 4096, 1, 1, 4, 3 << 24, 2, 4096),
    "fastcgi": b"\x01\x05\x00\x07\xff\xff\xff\x00",
    "xmpp": b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><message to='b@y' a='" + b"x" * 16384,
    "imap": b"a1 APPEND INBOX {999999999999+}\r\n",
}
MODULES = sorted(BEGINNINGS)
PORTS = {module: 7401 + number for number, module in enumerate(MODULES)}
BULK = random.Random(1).randbytes(1 << 20)
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + BULK[:512]
# A daemon's own memory, beside what its channel may hold.
MOST_BYTES = 24 << 20


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = []
    for module, port in PORTS.items():
        keys = {"module": module, "module-required": "yes"}
        services.append(lab.Service(module, "tcp", (f"127.0.0.1:{port}",), "127.0.0.1:7400", listen_service=keys, connect_service=keys))
    made = make_tunnel(services).prepare().start().wait_up()
    with made.network.popen("b", "/usr/bin/python3", "-c", ECHO, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout.readline() == b"ready\n"
            yield made
        finally:
            server.kill()


def returned(tunnel, module, said):
    with tunnel.network.popen("a", "/usr/bin/python3", "-c", CLIENT, str(PORTS[module]), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as client:
        return client.communicate(said, timeout=60)[0]


def resident_bytes(daemon):
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
        (line,) = (line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("module", MODULES)
def test_bytes_come_whole_whatever_they_are(tunnel, module):
    begin = BEGINNINGS[module]
    before = {node: resident_bytes(getattr(tunnel, node).daemons[f"funnel-tcpd@{module}"]) for node in "ab"}
    wrong = [TLS, BULK, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", bytes(70000)]
    # Cut short in its head and in its body; a length that is never reached; something else behind that.
    cut = [begin[:1], begin[:len(begin) // 2], begin, begin + BULK, begin + TLS]
    for said in (*wrong, *cut):
        assert returned(tunnel, module, said) == said, said[:40]

    for node in (tunnel.a, tunnel.b):
        counters = node.counters(f"funnel-tcpd@{module}")
        assert counters["module_fallbacks"] >= len(wrong)
        assert counters["module_resets"] == 0 and counters["violations"] == 0
        daemon = node.daemons[f"funnel-tcpd@{module}"]
        assert daemon.log.count("module-mismatch") == 1
        assert resident_bytes(daemon) - before[node.letter] < MOST_BYTES
