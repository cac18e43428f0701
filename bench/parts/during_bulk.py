"""A request/response service during bulk of another service, on one association over a slow link (lab/wan.py)."""
import concurrent.futures

from lab.wan import Wan

from .bed import BULK, ECHO, Bed
from .processes import MIB

RATE_MBIT, DELAY_MS = 10, 10
# What a cheap router holds: a tenth of a second of the link.
QUEUE_BYTES = 128 * 1024
RATE, SECONDS, WAIT_SECONDS = 100, 20, 10
BULK_BYTES = 30 * MIB


def measure(build, report):
    emulator = Wan(build, delay=DELAY_MS, rate=RATE_MBIT, queue=QUEUE_BYTES)
    try:
        with Bed(build, [ECHO, BULK], with_nsd=False, change_network=emulator.take_over) as bed:
            ask = ("load", "udp", ECHO.listen[0], "-r", RATE, "-d", SECONDS, "-w", WAIT_SECONDS)
            add(report, "slow_link_alone", bed.load(*ask))
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                moved = pool.submit(bed.move_bulk, 1, BULK_BYTES)
                add(report, "slow_link_during_bulk", bed.load(*ask))
                report.add("slow_link_bulk_MBps", moved.result(), 2)
    finally:
        emulator.stop()


def add(report, prefix, answer):
    for name in ("p50", "p99"):
        report.add(f"{prefix}_{name}_ms", answer[f"{name}_us"] / 1e3)
    report.add(f"{prefix}_unanswered", answer["unanswered"], 0)
