"""Connections that are silent, half closed, or whose client or backend has vanished, are reset at both ends; both logs say
which time was over and who was silent. Those whose reader is alive and merely reads nothing stay.

    branch (a)                                        hoster (b)
    driven client -> 127.0.0.1:7002 "dead"  ======== 127.0.0.1:7102 driven backend
                     127.0.0.1:7003 "idle"  ======== 127.0.0.1:7103
                     127.0.0.1:7004 "half"  ======== 127.0.0.1:7104
"""
import time
from contextlib import ExitStack, contextmanager

import pytest

import lab
from lab.backends.driven import Pair

PATIENCE = 2  # seconds
DEAD = lab.Service("dead", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102", listen_service={"user-timeout": f"{PATIENCE}s"},
                   connect_service={"user-timeout": f"{PATIENCE}s"})
IDLE = lab.Service("idle", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7103", listen_service={"idle-timeout": "1s"})
HALF = lab.Service("half", "tcp", ("127.0.0.1:7004",), "127.0.0.1:7104", connect_service={"fin-timeout": "1s"})


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([DEAD, IDLE, HALF]).prepare().start().wait_up()


@contextmanager
def vanished(tunnel, letter, port):
    """Nothing from or to this port arrives, without a sign of it."""
    rules = [("INPUT", "-i", "lo", "-p", "tcp", which, port, "-j", "DROP") for which in ("--sport", "--dport")]
    for rule in rules:
        tunnel.run(letter, "iptables", "-w", "-I", *rule)
    try:
        yield
    finally:
        for rule in rules:
            tunnel.run(letter, "iptables", "-w", "-D", *rule)


def block(tunnel, letter, sender):
    """Until that node's edge has more for its reader than the kernel takes."""
    before = tunnel.nodes[letter].counters(DEAD.unit)["output_blocked"]
    lab.wait_until(lambda: sender.ask("flood") and tunnel.nodes[letter].counters(DEAD.unit)["output_blocked"] > before,
                   f"the reader's window at {letter} is closed", 30, 0.05, tunnel.describe)


def require_dead(tunnel, letter, pair, sender, port):
    other = {"a": "b", "b": "a"}[letter]
    counters = {node.letter: node.counters(DEAD.unit)["sessions_unacknowledged"] for node in tunnel.nodes.values()}
    with vanished(tunnel, letter, port):
        began = time.monotonic()
        assert sender.ask("send 1000") == "sent"
        assert sender.ask("read 1") == "reset", "at the end that is alive"
        took = time.monotonic() - began
    assert PATIENCE <= took < 5 * PATIENCE, took
    assert tunnel.nodes[letter].counters(DEAD.unit)["sessions_unacknowledged"] == counters[letter] + 1
    assert tunnel.nodes[other].counters(DEAD.unit)["sessions_unacknowledged"] == counters[other]
    silent = "client" if letter == "a" else "backend"
    for node, words in ((letter, ": nothing that"), (other, ": by the far side: nothing that")):
        tunnel.nodes[node].wait_logged(f"connection reset{words} was sent was acknowledged for user-timeout", f"silent={silent}",
                                       daemon=DEAD.unit)


def test_who_acknowledges_nothing_is_dead_and_who_reads_nothing_is_not(tunnel):
    with ExitStack() as stack:
        slow_client, slow_backend = (stack.enter_context(Pair(tunnel, 7002, 7102)) for _ in range(2))
        block(tunnel, "a", slow_client.backend)
        block(tunnel, "b", slow_backend.client)
        for letter in "ab":
            with Pair(tunnel, 7002, 7102) as pair:
                dead, alive = (pair.client, pair.backend) if letter == "a" else (pair.backend, pair.client)
                require_dead(tunnel, letter, pair, alive, int(dead.ask("port")))
        # They have been blocked for longer than those that are dead now.
        assert slow_client.client.ask("read 100000") == "read"
        assert slow_backend.backend.ask("read 100000") == "read"


def test_a_silent_connection_is_reset_at_both_ends_after_idle_timeout(tunnel):
    with Pair(tunnel, 7003, 7103) as pair:
        assert pair.client.ask("send 1") == "sent" and pair.backend.ask("read 1") == "read"
        assert pair.client.ask("read 1") == "reset" and pair.backend.ask("read 1") == "reset"
    assert tunnel.a.counters(IDLE.unit)["sessions_idle"] == 1
    tunnel.a.wait_logged("connection reset: no byte went either way for idle-timeout", daemon=IDLE.unit)
    tunnel.b.wait_logged("connection reset: by the far side: no byte went either way for idle-timeout", daemon=IDLE.unit)


@pytest.mark.parametrize("finisher, waiter", [("client", "backend"), ("backend", "client")])
def test_a_half_closed_connection_that_is_silent_is_reset_after_fin_timeout(tunnel, finisher, waiter):
    before = tunnel.b.counters(HALF.unit)["sessions_half_closed"]
    with Pair(tunnel, 7004, 7104) as pair:
        assert getattr(pair, finisher).ask("finish") == "finished"
        assert getattr(pair, waiter).ask("read 1") == "ended"
        assert getattr(pair, finisher).ask("read 1") == "reset", "the other direction"
    assert tunnel.b.counters(HALF.unit)["sessions_half_closed"] == before + 1
    tunnel.b.wait_logged("connection reset: half closed, and silent for fin-timeout", daemon=HALF.unit)
    tunnel.a.wait_logged("connection reset: by the far side: half closed, and silent for fin-timeout", daemon=HALF.unit)


def test_a_new_time_is_in_force_for_connections_that_are_open(tunnel):
    with Pair(tunnel, 7004, 7104) as pair:
        assert pair.client.ask("send 1") == "sent" and pair.backend.ask("read 1") == "read"
        path = tunnel.a.service_path("half")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("[listen]", "idle-timeout = 1s\n[listen]"))
        tunnel.a[HALF.unit].reload()
        assert pair.client.ask("read 1") == "reset"
    assert tunnel.a.counters(HALF.unit)["sessions_idle"] == 1
