"""Requests that each come from a new port, as resolvers ask, across the WAN of wan.py: compared with one socket's, UDP and DNS, one flow
and many. What opens a flow must not cost it more than its datagram does."""
import lab

from .bed import ECHO, Bed
from .wan import DELAY_MS, RATE_MBIT, Wan

RATE, SECONDS, WAIT_SECONDS = 250, 20, 3
FLOWS = 250
LOADS = {
    "udp_one_flow": ("udp", ()),
    "udp_many_flows": ("udp", ("-n", FLOWS)),
    "udp_fresh_ports": ("udp", ("-f",)),
    "dns_one_flow": ("dns", ()),
    "dns_fresh_ports": ("dns", ("-f",)),
}


def measure(build, report, loss, seconds=SECONDS, loads=tuple(LOADS)):
    emulator = Wan(build, delay=DELAY_MS, rate=RATE_MBIT, loss=loss)
    try:
        with Bed(build, [lab.dns_service(), ECHO], change_network=emulator.take_over) as bed:
            for name in loads:
                transport, options = LOADS[name]
                address = (lab.dns_service() if transport == "dns" else ECHO).listen[0]
                answer = bed.load("load", transport, address, "-r", RATE, "-d", seconds, "-w", WAIT_SECONDS, *options)
                for quantile in ("p50", "p90", "p99", "p99_9"):
                    report.add(f"fresh_ports_{loss}_{name}_{quantile}_ms", answer[f"{quantile}_us"] / 1e3)
                report.add(f"fresh_ports_{loss}_{name}_unanswered", answer["unanswered"], 0)
    finally:
        emulator.stop()
