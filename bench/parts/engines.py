"""The engines over both carriers; the kernel's if the kernel of this machine has SCTP. (Not in a guest: what a guest's
system calls cost would be measured there.)"""
import lab
from lab.netns import ADDRESSES

from . import requests
from .bed import BULK, ECHO, Bed, without_relays
from .processes import MIB, CpuMeter

PAIRS = [(engine, carrier) for engine in ("own", "kernel") for carrier in ("udp", "direct")]
BULK_BYTES = 512 * MIB


def measure(build, report, seconds):
    for engine, carrier in PAIRS:
        try:
            with Bed(build, [ECHO, BULK], with_nsd=False, make=maker(engine, carrier)) as bed:
                measure_one(bed, report, f"{engine}_{carrier}", seconds)
        except lab.LabError as error:
            report.fail(f"engine {engine}, {carrier}", str(error).splitlines()[0])


def maker(engine, carrier):
    def make(build, services, with_nsd):
        peer = lab.Peer(connect=ADDRESSES["b"], extra={"carrier": carrier})
        tunnel = without_relays(build, services, with_nsd, {"sctp": {"engine": engine}}, peer)
        try:
            for letter, node in tunnel.nodes.items():
                node.sctpd_options = ["--capability=net_raw"]
                if engine == "kernel":
                    require_kernel_sctp(tunnel.network, letter)
        except lab.LabError:
            tunnel.stop()
            raise
        return tunnel
    return make


def require_kernel_sctp(network, letter):
    done = network.run(letter, "sysctl", "-qw", "net.sctp.intl_enable=1", "net.sctp.udp_port=9899", check=False)
    if done.returncode != 0:
        raise lab.LabError("this machine's kernel has no SCTP (or its module is not loaded: modprobe sctp)")


def measure_one(bed, report, prefix, seconds):
    calm = bed.load("load", "udp", ECHO.listen[0], "-n", requests.FLOWS, "-r", requests.CALM_RATE, "-d", seconds, "-w", 2)
    report.add(f"{prefix}_p50_us", calm["p50_us"])
    report.add(f"{prefix}_p99_us", calm["p99_us"])
    most = bed.load("closed", "udp", ECHO.listen[0], "-n", requests.FLOWS, "-c", requests.WINDOW, "-d", seconds)
    report.add(f"{prefix}_requests_per_s", most["requests_per_s"], 0)
    meter = CpuMeter(bed.tunnel)
    report.add(f"{prefix}_bulk_MBps", bed.move_bulk(1, BULK_BYTES))
    sctpd = sum(seconds for name, seconds in meter.used().items() if name.endswith("sctpd"))
    report.add(f"{prefix}_sctpd_cpu_us_per_MiB", sctpd * 1e6 / (BULK_BYTES / MIB), 2)
