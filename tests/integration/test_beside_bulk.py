"""Bulk of one service beside requests of another, on one association over a slow link.

    branch (a)                    10 Mbit/s, RTT 20 ms                  hoster (b)
    rr   -> funnel-udpd@echo ===== a router's queue of 128 KiB ===== rr serve
    pour -> funnel-tcpd@bulk =====                             ===== pour sink
"""
import concurrent.futures
import os
import sys

import pytest

from conftest import TOP

sys.path.insert(0, os.path.join(TOP, "bench"))
from parts import beside, wan  # noqa: E402
from parts.bed import BULK, ECHO, Bed  # noqa: E402

pytestmark = [pytest.mark.alone, pytest.mark.volume]
ASK = ("load", "udp", ECHO.listen[0], "-r", beside.RATE, "-d", 10, "-w", 5)
MIB = 1 << 20


def test_bulk_raises_the_latency_of_requests_by_no_more_than_their_own(build):
    link = wan.Wan(build, delay=beside.DELAY_MS, rate=beside.RATE_MBIT, queue=beside.QUEUE_BYTES)
    try:
        with Bed(build, [ECHO, BULK], with_nsd=False, change_network=link.take_over) as bed:
            alone = bed.load(*ASK)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                moved = pool.submit(bed.move_bulk, 1, 15 * MIB)
                with_bulk = bed.load(*ASK)
            speed = moved.result()
    finally:
        link.stop()
    print(f"p99 alone {alone['p99_us'] / 1e3:.1f} ms, beside bulk {with_bulk['p99_us'] / 1e3:.1f} ms; bulk {speed} MB/s")
    assert alone["unanswered"] == with_bulk["unanswered"] == 0
    assert with_bulk["p99_us"] <= 2 * alone["p99_us"]
    # The link's own is 1.25.
    assert speed > 0.9
