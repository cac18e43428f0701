"""DSCP across the tunnel: each end marks what it sends as its own file says, whatever the other does.

    branch (a)                             hoster (b)
    clients -> 127.0.0.1:7002 (copy) ====> 127.0.0.1:7102 (copy), which says how it was asked, and answers as it is told
               127.0.0.1:7003 (0)    ====> 127.0.0.1:7102 (EF)
               [::1]:7002 (copy)     ====> the same as the first
"""
import os
import select
import subprocess

import pytest

import lab
from lab.backends.program import start_program

COPY = lab.Service("copy", "udp", ("127.0.0.1:7002", "[::1]:7002"), "127.0.0.1:7102", listen_service={"dscp": "copy"},
                   connect_service={"dscp": "copy"})
FIXED = lab.Service("fixed", "udp", ("127.0.0.1:7003",), "127.0.0.1:7102", connect_service={"dscp": "EF"})

# Asks with one DSCP for an answer with another; prints how the backend was asked, and how the answer came.
ASK = """
import socket, sys
host, port, asks, wants = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
v6 = ":" in host
link = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM); link.settimeout(20)
level, mark, report = (41, socket.IPV6_TCLASS, socket.IPV6_RECVTCLASS) if v6 else (0, socket.IP_TOS, socket.IP_RECVTOS)
link.setsockopt(level, report, 1)
link.setsockopt(level, mark, asks << 2)
link.sendto(wants.encode(), (host, port))
answer, control, _, _ = link.recvmsg(100, 100)
print(answer.decode(), control[0][2][0] >> 2 if control else 0)
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([COPY, FIXED]).prepare().start().wait_up()
    server = start_program(made.network, "b", "marked", 7102)
    yield made
    server.kill()
    server.communicate()


def ask(tunnel, host, port, asks, wants):
    return tunnel.run("a", "/usr/bin/python3", "-c", ASK, host, port, asks, wants).stdout.split()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_copy_carries_the_mark_both_ways(tunnel, host):
    assert ask(tunnel, host, 7002, 46, 10) == ["46", "10"]
    assert ask(tunnel, host, 7002, 0, 0) == ["0", "0"]
    assert ask(tunnel, host, 7002, 1, 63) == ["1", "63"]


def test_each_end_decides_for_itself(tunnel):
    before = tunnel.b.counters(FIXED.unit)["datagrams_marked"]
    assert ask(tunnel, "127.0.0.1", 7003, 10, 46) == ["46", "0"]
    assert tunnel.b.counters(FIXED.unit)["datagrams_marked"] == before + 1
    assert tunnel.a.counters(FIXED.unit)["datagrams_marked"] == 0


def test_a_trace_shows_it(tunnel):
    seen = b""
    trace = tunnel.network.popen("b", tunnel.b.path("funnelctl"), *tunnel.b.common_options, "trace", "copy", stdout=subprocess.PIPE)

    def traced():
        nonlocal seen
        assert ask(tunnel, "127.0.0.1", 7002, 46, 0) == ["46", "0"]
        if select.select([trace.stdout], [], [], 0.1)[0]:
            seen += os.read(trace.stdout.fileno(), 65536)
        return b" <-   MARK dscp=46\n" in seen
    try:
        lab.wait_until(traced, "a MARK is traced", 20, 0.01, tunnel.describe)
    finally:
        trace.kill()
        trace.communicate()
