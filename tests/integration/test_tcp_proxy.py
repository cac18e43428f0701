"""With proxy-protocol the backend learns who connected at the far end.

    branch (a)                                   hoster (b)
    client -> 127.0.0.1:7001 ==== v2 ====== 127.0.0.1:7101: a backend that prints its first bytes
              127.0.0.1:7002 ==== v2-tlv == 127.0.0.1:7101
              127.0.0.1:7003 ==== v1 ====== 127.0.0.1:7103: nginx
              127.0.0.1:7004 ==== v2 ====== 127.0.0.1:7103
              127.0.0.1:7005 ==== v1 ====== 127.0.0.1:7104: haproxy
              127.0.0.1:7006 ==== v2-tlv == 127.0.0.1:7104
"""
import socket
import struct

import pytest

import lab
from lab.backends.program import start_program
from lab.backends.proxied import HaproxyBehindProxy, NginxBehindProxy

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
NGINX, HAPROXY = 7103, 7104


def service(name, port, backend, form, more=()):
    return lab.Service(name, "tcp", (f"127.0.0.1:{port}", *more), f"127.0.0.1:{backend}", connect_section={"proxy-protocol": form},
                       connect_service={"client-networks": ["127.0.0.0/8", "::1/128", "10.77.0.0/24"]})


SERVICES = [service("proxied", 7001, 7101, "v2", ("[::1]:7001", "10.77.0.1:7001")), service("told", 7002, 7101, "v2-tlv"),
            service("nginx1", 7003, NGINX, "v1"), service("nginx2", 7004, NGINX, "v2"), service("haproxy1", 7005, HAPROXY, "v1"),
            service("haproxy2", 7006, HAPROXY, "v2-tlv")]
CLIENT = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
mine = s.getsockname()
s.sendall(sys.argv[3].encode())
got = b""
while more := s.recv(10000): got += more
print(mine[1], got.decode())
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel(SERVICES).prepare().start()
    backend = start_program(made.network, "b", "hex_stream", 7101)
    with NginxBehindProxy(made, NGINX), HaproxyBehindProxy(made, HAPROXY):
        yield made.wait_up()
    backend.kill()
    backend.wait()


def ask(tunnel, address, port, said):
    """The client's own port, and what came back."""
    mine, _, received = tunnel.network.run("a", "/usr/bin/python3", "-c", CLIENT, address, port, said).stdout.partition(" ")
    return int(mine), received.strip()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.77.0.1", "::1"])
def test_backend_sees_the_client_address_and_port(tunnel, address):
    port, received = ask(tunnel, address, 7001, "hello")
    header = bytes.fromhex(received)
    assert header.startswith(SIGNATURE), received
    version_command, family, length = struct.unpack("!BBH", header[12:16])
    assert version_command == 0x21
    body = header[16:16 + length]
    if ":" in address:
        assert family == 0x21
        source, destination = (socket.inet_ntop(socket.AF_INET6, body[at:at + 16]) for at in (0, 16))
        ports = struct.unpack("!HH", body[32:36])
    else:
        assert family == 0x11
        source, destination = (socket.inet_ntoa(body[at:at + 4]) for at in (0, 4))
        ports = struct.unpack("!HH", body[8:12])
    assert (source, destination, ports) == (address, address, (port, 7001))
    assert header[16 + length:] == b"hello"


def test_backend_sees_who_opened_the_channel(tunnel):
    _, received = ask(tunnel, "127.0.0.1", 7002, "hello")
    header = bytes.fromhex(received)
    (length,) = struct.unpack("!H", header[14:16])
    tlvs, values = header[28:16 + length], {}
    while tlvs:
        kind, size = struct.unpack("!BH", tlvs[:3])
        values[kind], tlvs = tlvs[3:3 + size].decode(), tlvs[3 + size:]
    assert values == {0xE0: lab.service.principal("told", tunnel.a.node_name), 0xE1: tunnel.a.node_name, 0xE2: "told"}
    assert header[16 + length:] == b"hello"


@pytest.mark.parametrize("port", [7003, 7004, 7005, 7006])
def test_servers_read_it(tunnel, port):
    mine, received = ask(tunnel, "127.0.0.1", port, "GET / HTTP/1.0\r\n\r\n")
    assert received.startswith("HTTP/1.") and received.endswith(f"client 127.0.0.1:{mine}"), received
