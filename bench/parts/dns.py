"""DNS through the tunnel to nsd, and straight to nsd for comparison."""
from lab import nsd

THROUGH = "127.0.0.1:5353"
DIRECT = f"127.0.0.1:{nsd.PORT}"
FLOWS, WINDOW = 16, 8  # more, and nsd's receive buffer overflows, asked directly too
CALM_RATE = 1000  # at which latency is measured: no queue anywhere


def measure(bed, report, seconds):
    for prefix, address, node in (("dns", THROUGH, "a"), ("dns_direct", DIRECT, "b")):
        most = bed.load("closed", "dns", address, "-n", FLOWS, "-c", WINDOW, "-d", seconds, node=node)
        calm = bed.load("load", "dns", address, "-n", FLOWS, "-r", CALM_RATE, "-d", seconds, "-w", 2, node=node)
        report.add(f"{prefix}_requests_per_s", most["requests_per_s"], 0)
        report.add(f"{prefix}_lost", most["lost"], 0)
        report.add(f"{prefix}_p50_us", calm["p50_us"])
        report.add(f"{prefix}_p99_us", calm["p99_us"])
    figures = report.figures
    report.add("dns_added_p50_us", figures["dns_p50_us"] - figures["dns_direct_p50_us"])
