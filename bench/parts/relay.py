"""What one relay between the nodes costs: the same load without and with it."""
import lab

from . import dns
from .bed import BULK, ECHO, Bed, with_relays
from .processes import MIB, CpuMeter
from .requests import FLOWS, WINDOW

BULK_BYTES = 512 * MIB


def measure(build, report, seconds):
    for hops, relays in enumerate(("", "r")):
        with Bed(build, [lab.dns_service(), ECHO, BULK], make=with_relays(relays)) as bed:
            measure_one(bed, report, f"relays_{hops}", seconds)
    for name in ("p50", "p99"):
        without, one = (report.figures[f"relays_{hops}_dns_{name}_us"] for hops in (0, 1))
        report.add(f"relay_added_dns_{name}_us", one - without)


def measure_one(bed, report, prefix, seconds):
    calm = bed.load("load", "dns", dns.THROUGH, "-n", dns.FLOWS, "-r", dns.CALM_RATE, "-d", seconds, "-w", 2)
    report.add(f"{prefix}_dns_p50_us", calm["p50_us"])
    report.add(f"{prefix}_dns_p99_us", calm["p99_us"])
    meter = CpuMeter(bed.tunnel)
    most = bed.load("closed", "udp", ECHO.listen[0], "-n", FLOWS, "-c", WINDOW, "-d", seconds)
    # The first second is not counted, but costs CPU time.
    add_cpu(report, meter, f"{prefix}_cpu_us_per_request", most["answered"] * (seconds + 1) / seconds)
    report.add(f"{prefix}_requests_per_s", most["requests_per_s"], 0)
    meter = CpuMeter(bed.tunnel)
    report.add(f"{prefix}_bulk_MBps", bed.move_bulk(1, BULK_BYTES))
    add_cpu(report, meter, f"{prefix}_cpu_us_per_MiB", BULK_BYTES / MIB)


def add_cpu(report, meter, prefix, count):
    """Of all daemons, and of the relay's among them."""
    used = meter.used()
    report.add(prefix, sum(used.values()) * 1e6 / count, 2)
    relay = [seconds for name, seconds in used.items() if name.startswith("relay")]
    if relay:
        report.add(f"{prefix}_relay", sum(relay) * 1e6 / count, 2)
