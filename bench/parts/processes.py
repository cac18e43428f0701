"""What the daemons use: CPU time and memory, from /proc."""
import os

MIB = 1024 * 1024


def cpu_seconds(pid):
    """User and system time of all threads, by the scheduler's own account (nanoseconds)."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def short(node, daemon):
    """branch_sctpd, hoster_udpd_dns: part of a figure's name."""
    return f"{node.peer_name}_{daemon.name.removeprefix('funnel-').replace('@', '_').replace('-', '_')}"


def daemons(tunnel):
    """(name, pid) of each that runs, both nodes."""
    return [(short(node, daemon), daemon.pid) for node in tunnel.nodes.values() for daemon in node.daemons.values()
            if daemon.pid]


class CpuMeter:
    """CPU seconds of each daemon between its making and `used`."""

    def __init__(self, tunnel):
        self.before = {name: (pid, cpu_seconds(pid)) for name, pid in daemons(tunnel)}

    def used(self):
        return {name: cpu_seconds(pid) - before for name, (pid, before) in self.before.items()}


def add_cpu(report, meter, prefix, count, at_least_us=0.01):
    """`prefix`_<process> in microseconds for each of `count`; processes that took no part are left out."""
    for name, seconds in meter.used().items():
        if seconds * 1e6 / count >= at_least_us:
            report.add(f"{prefix}_{name}", seconds * 1e6 / count, 2)
