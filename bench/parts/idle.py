"""Resident memory of each daemon that has done nothing but come up."""
from .processes import MIB, daemons, resident_bytes


def measure(bed, report, _seconds):
    sizes = {name: resident_bytes(pid) / MIB for name, pid in daemons(bed.tunnel)}
    for name, size in sizes.items():
        report.add(f"rss_idle_{name}_MiB", size)
    report.add("rss_idle_max_MiB", max(sizes.values()))
