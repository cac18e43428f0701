"""The same across a WAN: RTT 50 ms, 100 Mbit/s, some packets lost each way (bench/wan)."""
import os

from lab.base import Child, wait_until
from lab.netns import ADDRESSES, ADDRESSES6

from .bed import BULK, CHAT, COPIED, ECHO, Bed
from .processes import MIB

LOSSES = (0, 1, 4)
DELAY_MS, RATE_MBIT = 25, 100
RATE, SECONDS, WAIT_SECONDS = 1000, 15, 10
CONNECTIONS = 16
BULK_BYTES = {0: 60 * MIB, 1: 60 * MIB, 4: 60 * MIB}
SEED = 1


class Wan:
    """Puts the emulated WAN in the place of the link between the nodes. `keys` is the emulator's settings, as bench/wan/wan.cc lists it."""

    def __init__(self, build, **keys):
        self.program = os.path.join(os.path.abspath(build), "bench", "wan")
        self.keys = keys
        self.child = None

    def take_over(self, network):
        network.ip("a", "link", "delete", "lan")
        for node in ("a", "b"):
            network.ip(node, "tuntap", "add", "lan", "mode", "tun")
            network.ip(node, "address", "add", f"{ADDRESSES[node]}/24", "dev", "lan")
            network.ip(node, "link", "set", "lan", "mtu", 1500, "txqueuelen", 2000, "up")
            network.ip(node, "address", "add", f"{ADDRESSES6[node]}/64", "dev", "lan", "nodad")
        log = os.path.join(os.path.dirname(network.keepers["a"].log), "wan.log")
        self.child = Child("wan", [self.program, "-s", SEED, "-i", "lan", network.path("a"), network.path("b"),
                                   *(f"{key}={value}" for key, value in self.keys.items())], log)

        def ready():
            self.child.require_running()
            with open(log, encoding="utf-8") as file:
                return "wan: ready" in file.read()
        wait_until(ready, "the WAN is ready")

    def stop(self):
        if self.child:
            self.child.stop()


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
