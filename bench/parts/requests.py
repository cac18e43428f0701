"""Requests of 100 bytes, answers of 200, over UDP: as many as get answered, what each costs, and what
the tunnel adds to one."""
from .bed import ECHO
from .processes import CpuMeter, add_cpu

FLOWS, WINDOW = 64, 16
CALM_RATE = 1000


def measure(bed, report, seconds):
    meter = CpuMeter(bed.tunnel)
    most = bed.load("closed", "udp", ECHO.listen[0], "-n", FLOWS, "-c", WINDOW, "-d", seconds)
    # The first second is not counted, but costs CPU time.
    add_cpu(report, meter, "cpu_us_per_request", most["answered"] * (seconds + 1) / seconds)
    direct = bed.load("closed", "udp", ECHO.connect, "-n", FLOWS, "-c", WINDOW, "-d", seconds, node="b")
    report.add("udp_requests_per_s", most["requests_per_s"], 0)
    report.add("udp_requests_lost", most["lost"], 0)
    report.add("udp_loaded_p50_us", most["p50_us"])
    report.add("udp_loaded_p99_us", most["p99_us"])
    report.add("udp_direct_requests_per_s", direct["requests_per_s"], 0)
    for prefix, address, node in (("udp", ECHO.listen[0], "a"), ("udp_direct", ECHO.connect, "b")):
        calm = bed.load("load", "udp", address, "-n", FLOWS, "-r", CALM_RATE, "-d", seconds, "-w", 2, node=node)
        report.add(f"{prefix}_p50_us", calm["p50_us"])
        report.add(f"{prefix}_p99_us", calm["p99_us"])
    report.add("udp_added_p50_us", report.figures["udp_p50_us"] - report.figures["udp_direct_p50_us"])
