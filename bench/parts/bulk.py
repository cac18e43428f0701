"""Bytes in bulk over 1 and 8 TCP connections, every one checked at the far end."""
from .bed import BULK
from .processes import MIB, CpuMeter, add_cpu

PROBE_BYTES = 32 * MIB
MOST_BYTES = 4096 * MIB


def measure(bed, report, seconds):
    for connections in (1, 8):
        # A probe says how much fills the time.
        speed = bed.move_bulk(connections, PROBE_BYTES)
        size = int(min(max(speed * 1e6 * seconds, PROBE_BYTES), MOST_BYTES))
        meter = CpuMeter(bed.tunnel)
        report.add(f"bulk_{connections}_MBps", bed.move_bulk(connections, size))
        if connections == 1:
            add_cpu(report, meter, "cpu_us_per_MiB", size / MIB, at_least_us=1)
    report.add("bulk_direct_MBps", bed.move_bulk(1, MOST_BYTES, BULK.connect, "b"))
