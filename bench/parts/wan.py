"""The same across a WAN: RTT 50 ms, 100 Mbit/s, some packets lost each way (lab/wan.py)."""
from lab.wan import Wan

from .bed import BULK, CHAT, COPIED, ECHO, Bed
from .processes import MIB

LOSSES = (0, 1, 4)
DELAY_MS, RATE_MBIT = 25, 100
RATE, SECONDS, WAIT_SECONDS = 1000, 15, 10
CONNECTIONS = 16
BULK_BYTES = {0: 60 * MIB, 1: 60 * MIB, 4: 60 * MIB}


def add_latency(report, prefix, answer):
    for name in ("p50", "p99", "p99_9"):
        report.add(f"{prefix}_{name}_ms", answer[f"{name}_us"] / 1e3)
    report.add(f"{prefix}_unanswered", answer["unanswered"], 0)


def measure(build, report, loss):
    emulator = Wan(build, delay=DELAY_MS, rate=RATE_MBIT, loss=loss)
    try:
        with Bed(build, [ECHO, COPIED, BULK, CHAT], with_nsd=False, change_network=emulator.take_over) as bed:
            options = ("-r", RATE, "-d", SECONDS, "-w", WAIT_SECONDS)
            add_latency(report, f"wan_{loss}_udp", bed.load("load", "udp", ECHO.listen[0], *options))
            add_latency(report, f"wan_{loss}_udp_copies", bed.load("load", "udp", COPIED.listen[0], *options))
            add_latency(report, f"wan_{loss}_tcp{CONNECTIONS}",
                        bed.load("load", "tcp", CHAT.listen[0], "-n", CONNECTIONS, *options))
            report.add(f"wan_{loss}_bulk_MBps", bed.move_bulk(1, BULK_BYTES[loss]), 2)
    finally:
        emulator.stop()
