"""From a ready edge to a channel with agreed keys: attach, token, OPEN, OPENED, keys."""
import os
import signal
import statistics
import time

from lab.base import wait_until

ROUNDS = 5


def measure(bed, report, _seconds):
    node = bed.tunnel.a
    edge = node["funnel-udpd@echo"]
    times = []
    for _ in range(ROUNDS):
        before = edge.pid
        os.kill(before, signal.SIGTERM)
        wait_until(lambda: edge.pid not in (0, before) and edge.ready, "the edge runs again", interval=0.001)
        ready = time.monotonic()
        wait_until(lambda: node.counters(edge.name).get("channels_up") == 1, "its channel is up", interval=0.001)
        times.append((time.monotonic() - ready) * 1e3)
    report.add("channel_setup_ms", statistics.median(times))
