"""Requests of one service during bulk of another, or during many small sessions of another, on one association over a slow link.

    branch (a)                    10 Mbit/s, RTT 20 ms                  hoster (b)
    rr   -> funnel-udpd@echo ===== a router's queue of 128 KiB ===== rr serve
    pour -> funnel-tcpd@bulk =====                             ===== pour sink
    rr   -> funnel-tcpd@chat =====                             ===== rr serve, messages below a packet
    rr   -> funnel-udpd@dns  =====                             ===== nsd
"""
import concurrent.futures
import os
import sys
import time

import pytest

import lab
from conftest import TOP
from lab.wan import Wan

sys.path.insert(0, os.path.join(TOP, "bench"))
from parts import during_bulk  # noqa: E402
from parts.bed import BULK, CHAT, ECHO, Bed  # noqa: E402

pytestmark = [pytest.mark.alone, pytest.mark.volume]
ASK = ("load", "udp", ECHO.listen[0], "-r", during_bulk.RATE, "-d", 10, "-w", 5)
QUERIES = ("load", "dns", "127.0.0.1:5353", "-r", during_bulk.RATE, "-d", 10, "-w", 6)
# Sessions that now and then send what fills less than a packet: all together somewhat more than the link takes. Of several services, as
# one sends what comes at once in one frame.
CROWD = [lab.Service(f"chat{number}", "tcp", (f"127.0.0.1:{7010 + number}",), CHAT.connect) for number in range(6)]
SESSIONS, MESSAGE_BYTES, MESSAGES, SECONDS = 50, 1000, 230, 14
CHATTER = ("-n", SESSIONS, "-q", MESSAGE_BYTES, "-r", MESSAGES, "-d", SECONDS, "-w", 1)
MIB = 1 << 20


def test_bulk_raises_the_latency_of_requests_by_no_more_than_their_own(build):
    link = Wan(build, delay=during_bulk.DELAY_MS, rate=during_bulk.RATE_MBIT, queue=during_bulk.QUEUE_BYTES)
    try:
        with Bed(build, [ECHO, BULK], with_nsd=False, change_network=link.take_over) as bed:
            alone = bed.load(*ASK)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                moved = pool.submit(bed.move_bulk, 1, 15 * MIB)
                with_bulk = bed.load(*ASK)
            speed = moved.result()
    finally:
        link.stop()
    print(f"p99 alone {alone['p99_us'] / 1e3:.1f} ms, during bulk {with_bulk['p99_us'] / 1e3:.1f} ms; bulk {speed} MB/s")
    assert alone["unanswered"] == with_bulk["unanswered"] == 0
    assert with_bulk["p99_us"] <= 2 * alone["p99_us"]
    # The link's own is 1.25.
    assert speed > 0.9


def test_many_small_sessions_leave_room_for_queries(build):
    """They are reliable, and queries expire: what is handed to SCTP in turn would never come to a query in time."""
    link = Wan(build, delay=during_bulk.DELAY_MS, rate=during_bulk.RATE_MBIT, queue=during_bulk.QUEUE_BYTES)
    try:
        with Bed(build, [lab.dns_service(), *CROWD], change_network=link.take_over) as bed:
            with concurrent.futures.ThreadPoolExecutor(len(CROWD)) as pool:
                crowd = [pool.submit(bed.load, "load", "tcp", one.listen[0], *CHATTER) for one in CROWD]
                time.sleep(4)  # the link is full
                queries = bed.load(*QUERIES)
            crowd = [one.result() for one in crowd]
    finally:
        link.stop()
    print(f"queries: {queries}; sessions: {crowd}")
    assert queries["unanswered"] == 0
    assert queries["p99_us"] < 500_000
    # The link carries some 1,000 of these a second.
    assert sum(one["answered"] for one in crowd) > SECONDS * 500


def test_weights_and_priorities_divide_the_link(build):
    """Of two services of one priority, what their weights say; the one of a later priority waits for both."""
    ports = {"heavy": ("7011", {"weight": 30}), "light": ("7012", {"weight": 10}), "last": ("7013", {"priority": 7})}
    services = [lab.Service(name, "tcp", (f"127.0.0.1:{port}",), BULK.connect, listen_service=keys) for name, (port, keys) in ports.items()]
    link = Wan(build, delay=during_bulk.DELAY_MS, rate=during_bulk.RATE_MBIT, queue=during_bulk.QUEUE_BYTES)
    try:
        with Bed(build, [*services, ECHO, BULK, CHAT], with_nsd=False, change_network=link.take_over) as bed:
            def moved():
                return {name: bed.tunnel.b.counters(f"funnel-tcpd@{name}")["bytes_from_channel"] for name in ports}
            with concurrent.futures.ThreadPoolExecutor(len(ports)) as pool:
                running = [pool.submit(bed.move_bulk, 1, size, f"127.0.0.1:{port}")
                           for port, size in ((7011, 12 * MIB), (7012, 4 * MIB), (7013, MIB))]
                lab.wait_until(lambda: moved()["light"] > MIB // 2, "both are under way", 60, 0.05)
                before = moved()
                lab.wait_until(lambda: moved()["light"] - before["light"] > 2 * MIB, "some MiB of the lighter one", 60, 0.05)
                after = moved()
                for one in running:
                    one.result()
    finally:
        link.stop()
    part = {name: after[name] - before[name] for name in ports}
    print(f"moved meanwhile: {part}")
    assert 2.4 < part["heavy"] / part["light"] < 3.6
    assert part["last"] < part["light"] / 10
