"""With proxy-protocol = v2 the backend learns who connected at the far end.

    branch (a)                                   hoster (b)
    client -> 127.0.0.1:7001 ====== 127.0.0.1:7101: a backend that prints its first bytes
"""
import socket
import struct

import pytest

import lab
from lab.backends.program import start_program

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY = lab.Service("proxied", "tcp", ("127.0.0.1:7001", "[::1]:7001", "10.77.0.1:7001"), "127.0.0.1:7101",
                    connect_section={"proxy-protocol": "v2"},
                    connect_service={"client-networks": ["127.0.0.0/8", "::1/128", "10.77.0.0/24"]})
CLIENT = """
import socket, sys
s = socket.create_connection((sys.argv[1], 7001), 10)
mine = s.getsockname()
s.sendall(b"hello")
got = b""
while more := s.recv(10000): got += more
print(mine[1], got.decode())
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([PROXY]).prepare().start()
    backend = start_program(made.network, "b", "hex_stream", 7101)
    yield made.wait_up()
    backend.kill()
    backend.wait()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.77.0.1", "::1"])
def test_backend_sees_the_client_address_and_port(tunnel, address):
    port, received = tunnel.network.run("a", "/usr/bin/python3", "-c", CLIENT, address).stdout.split()
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
    assert (source, destination, ports) == (address, address, (int(port), 7001))
    assert header[16 + length:] == b"hello"
