"""Resident memory with 10,000 UDP flows, and with 1,000 TCP connections."""
import subprocess
import time

from lab.base import wait_until

from .bed import CHAT, ECHO
from .processes import MIB, daemons, resident_bytes

FLOWS = 10_000
CONNECTIONS = 1_000
HOLD_SECONDS = 4


def sizes(bed):
    return {name: resident_bytes(pid) for name, pid in daemons(bed.tunnel)}


def add(report, label, before, after, each, count, edge):
    for name, size in after.items():
        report.add(f"rss_{label}_{name}_MiB", size / MIB)
    growth = max(after[name] - before.get(name, 0) for name in after if edge in name)
    report.add(each, max(0, growth) / count, 0)


def measure(bed, report, _seconds):
    before = sizes(bed)
    # Spread over time: what is measured is what flows hold, not a burst's queue.
    bed.load("load", "udp", ECHO.listen[0], "-n", FLOWS, "-r", FLOWS / 4, "-d", 4, "-w", 2, "-s", 200, timeout=180)
    add(report, f"{FLOWS}_flows", before, sizes(bed), "bytes_per_udp_flow", FLOWS, "udpd_echo")

    before = sizes(bed)
    host, port = CHAT.listen[0].split(":")
    client = bed.tunnel.network.popen("a", bed.program("rr"), "load", "tcp", host, port, "-n", CONNECTIONS, "-r", CONNECTIONS,
                                      "-d", HOLD_SECONDS, "-w", 1, stdout=subprocess.DEVNULL)
    try:
        sessions = lambda: bed.tunnel.b.counters("funnel-tcpd@chat").get("sessions", 0)  # noqa: E731
        wait_until(lambda: sessions() >= CONNECTIONS, f"{CONNECTIONS} connections", deadline=30)
        time.sleep(HOLD_SECONDS / 2)
        add(report, f"{CONNECTIONS}_connections", before, sizes(bed), "bytes_per_tcp_connection", CONNECTIONS,
            "tcpd_chat")
    finally:
        client.wait(60)
