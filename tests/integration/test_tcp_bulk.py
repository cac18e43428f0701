"""TCP sessions: bytes, ends and flow control, with every byte checked at both ends.

    branch (a)                                            hoster (b)
    bulk client -> 127.0.0.1:7001        ====== 127.0.0.1:7101 bulk serve
                -> 127.0.0.1:7003 (few)  ====== 127.0.0.1:7101
"""
import time

import pytest

import lab
from conftest import SANITIZED
from lab import traffic

GIB = 1 << 30
MIB = 1 << 20
BULK = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
OTHER = lab.Service("other", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7101")
FEW = lab.Service("few", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7101", listen_service={"max-sessions": 10})


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([BULK, OTHER, FEW]).prepare().start().wait_up()


@pytest.fixture
def server(tunnel):
    with traffic.Server(tunnel, "bulk", "127.0.0.1:7101") as made:
        yield made


def test_bytes_both_ways_at_once_through_one_connection(tunnel, server):
    count = 64 * MIB if SANITIZED else GIB
    said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", count, "--down", count, "--timeout", 240,
                          timeout=300)
    print(said)
    assert said["received"] == said["sent"] == count, said
    traffic.require_equal(said, server)


def test_a_thousand_connections_at_once(tunnel, server):
    count = 200 if SANITIZED else 1000
    said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--connections", count, "--all-at-once", "--up", 20000,
                          "--down", 30000, "--timeout", 100)
    traffic.require_equal(said, server)


def test_half_close_lets_the_answer_through(tunnel, server):
    """The client ends its direction first; only then does the server begin to answer."""
    said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--connections", 5, "--after-end", "--up", 100000,
                          "--down", 3 * MIB)
    traffic.require_equal(said, server)


def test_empty_connection_ends_cleanly(tunnel, server):
    traffic.require_equal(traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", 0, "--down", 0), server)


def test_slow_reader_holds_up_nobody_else(tunnel, server):
    """It reads nothing for ten seconds; meanwhile another session of the service and another service run freely."""
    slow = traffic.start_client(tunnel, "bulk", "127.0.0.1:7001", "--down", 64 * MIB, "--pause", 10000,
                                "--timeout", 100)
    began = time.monotonic()
    size = 8 * MIB if SANITIZED else 64 * MIB
    beside = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", size, "--down", size)
    other = traffic.client(tunnel, "bulk", "127.0.0.1:7002", "--up", size, "--down", size)
    assert slow.poll() is None and time.monotonic() - began < 10, "both were done while the slow one slept"
    assert beside["done"] == 1 and other["done"] == 1, (beside, other)
    said = traffic.result(slow)
    assert said["done"] == 1 and said["seconds"] >= 10, said


def test_limit_on_sessions_resets_the_next_one(tunnel, server):
    said = traffic.client(tunnel, "bulk", "127.0.0.1:7003", "--connections", 12, "--all-at-once", "--up", 1000,
                          "--down", 1000, "--timeout", 5)
    assert said["unfinished"] == 0 and said["done"] <= 10, said
    assert sum(int(error.split()[0]) for error in said["errors"]) == 12 - said["done"] >= 2, said
    again = traffic.client(tunnel, "bulk", "127.0.0.1:7003", "--connections", 5, "--up", 1000, "--down", 1000)
    assert again["done"] == 5, again
