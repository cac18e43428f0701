"""A far end that asks for more than each of them may has to wait, or is turned away, at the side of the server.

    branch (a)                          hoster (b), where the limits are
    clients -> 127.0.0.1:7002 udp ===== 127.0.0.1:7102 echoes; peer-datagram-rate = 5
            -> 127.0.0.1:7003 tcp ===== 127.0.0.1:7103 says hello; max-sessions-per-peer = 2
            -> 127.0.0.1:7004 tcp ===== 127.0.0.1:7104 counts bytes; peer-byte-rate = 1MiB
"""
import time

import pytest

import lab
from lab.backends.program import start_program

RATE = 1024 * 1024
UDP = lab.Service("mirror", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102", connect_service={"peer-datagram-rate": "5"})
FEW = lab.Service("hello", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7103", connect_service={"max-sessions-per-peer": "2"})
SLOW = lab.Service("slow", "tcp", ("127.0.0.1:7004",), "127.0.0.1:7104", connect_service={"peer-byte-rate": "1MiB"})
MANY = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
for _ in range(20): s.sendto(b"x", ("127.0.0.1", 7002))
count = 0
try:
    while count < 20:
        s.recv(10)
        count += 1
except TimeoutError: pass
print(count)
"""
# Keeps what was open until the end, so that three are open at once.
THREE = """
import socket
kept = []
for _ in range(3):
    try:
        kept.append(socket.create_connection(("127.0.0.1", 7003), timeout=20))
        print("hello" if kept[-1].recv(100) else "end")
    except ConnectionResetError: print("reset")
"""
SEND = """
import socket, sys
with socket.create_connection(("127.0.0.1", 7004), timeout=60) as s:
    s.sendall(bytes(int(sys.argv[1])))
    s.shutdown(socket.SHUT_WR)
    print(s.recv(100).decode())
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([UDP, FEW, SLOW]).prepare().start().wait_up()
    backends = [start_program(made.network, "b", "echo_datagrams", 7102), start_program(made.network, "b", "hello_stream", "127.0.0.1", 7103),
                start_program(made.network, "b", "counting_stream", "127.0.0.1", 7104)]
    yield made
    for backend in backends:
        backend.kill()
        backend.communicate()


def say(tunnel, program, *arguments):
    return tunnel.run("a", "/usr/bin/python3", "-c", program, *arguments).stdout.strip()


def test_datagrams_over_the_rate_are_dropped_counted_logged_once_and_shown(tunnel):
    assert 5 <= int(say(tunnel, MANY)) < 20
    assert tunnel.b.counters(UDP.unit)["peer_datagrams_over_rate"] > 0
    lines = [line for line in tunnel.b[UDP.unit].log.splitlines() if "peer-limited: " in line]
    assert len(lines) == 1 and "is turned away: peer-datagram-rate" in lines[0]
    assert "a far end was turned away" in tunnel.b.funnelctl("status").stdout
    assert "peer_datagrams_over_rate" in tunnel.b.funnelctl("metrics").stdout


def test_connections_over_the_share_are_reset(tunnel):
    assert say(tunnel, THREE).split() == ["hello", "hello", "reset"]
    assert tunnel.b.counters(FEW.unit)["peer_sessions_over_limit"] == 1
    tunnel.b.wait_logged("is turned away: max-sessions-per-peer", daemon=FEW.unit)


def test_what_is_sent_beyond_the_rate_arrives_later_and_whole(tunnel):
    size = 3 * RATE
    begun = time.monotonic()
    assert int(say(tunnel, SEND, size)) == size
    # A second's worth at once, and then so much a second.
    assert 1.9 < time.monotonic() - begun < 20
    assert tunnel.b.counters(SLOW.unit)["peer_bytes_over_rate"] > 0
    tunnel.b.wait_logged("has to wait: peer-byte-rate", daemon=SLOW.unit)

    path = tunnel.b.service_path("slow")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("peer-byte-rate = 1MiB\n", ""))
        tunnel.b.funnelctl("reload", "--wait", "slow")
        waits = tunnel.b.counters(SLOW.unit)["peer_bytes_over_rate"]
        assert int(say(tunnel, SEND, size)) == size
        assert tunnel.b.counters(SLOW.unit)["peer_bytes_over_rate"] == waits
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        tunnel.b.funnelctl("reload", "--wait", "slow")


@pytest.mark.parametrize("node, service, line, words", [
    ("a", "hello", "peer-new-rate = 5", "connect"), ("b", "hello", "peer-datagram-rate = 5", "only for protocol = udp"),
    ("b", "mirror", "max-sessions-per-peer = 5", "only for protocol = tcp")])
def test_check_says_where_such_a_limit_belongs(tunnel, node, service, line, words):
    at = getattr(tunnel, node)
    path = at.service_path(service)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("[service]", "[service]\n" + line))
        done = at.funnelctl("check", check=False)
        assert done.returncode != 0 and words in done.stdout
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
