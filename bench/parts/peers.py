"""Funnel and what one would take instead, each across the same WAN: RTT 50 ms, 100 Mbit/s, packets lost each way singly or in bursts, or
late. For each a fresh emulator with the same seed (lab/wan.py).

    branch (a)                                                     hoster (b)
    rr, pour -> 7000, 7002, 7001  funnel ================= funnel  -> rr serve, pour sink
    rr, pour -> 7300, 7302, 7301  stunnel, ssh =========== stunnel, sshd -> the same (UDP by way of datagram-shim)
    rr, pour -> 7120, 7122, 7121 of b, straight or inside wireguard-go

TCP, the peers' own or that inside WireGuard, has the congestion control that the figure's name says. `single`: one TCP connection, whose
answers come at once; `tcp16`: sixteen, whose answers come after 0 to 10 ms.
"""
import contextlib
import dataclasses

import lab
from lab.netns import ADDRESSES
from lab.wan import Wan

from .bed import BULK, CHAT, ECHO, THINK_MS, Bed
from .processes import MIB
from .tunnels import Forward, Processes, Ssh, Stunnel, WireGuard, choose_control, controls, listens
from .wan import CONNECTIONS, DELAY_MS, RATE_MBIT

WANS = {
    "loss_0": {},
    "loss_1": {"loss": 1},
    "loss_4": {"loss": 4},
    # 3.8 % in all, four packets at a time.
    "burst_4": {"ge": "1,25"},
    "reorder_2": {"reorder": "2,10"},
}
RATE, SECONDS, WAIT_SECONDS = 200, 8, 10
# CUBIC moves little where something is lost.
BULK_BYTES, SLOW_BULK_BYTES = 60 * MIB, 2 * MIB
SINGLE = lab.Service("single", "tcp", ("127.0.0.1:7004",), "127.0.0.1:7104")
FORWARDS = {"bulk": Forward(7301, BULK.connect), "tcp16": Forward(7302, CHAT.connect), "single": Forward(7304, SINGLE.connect),
            "udp": Forward(7305, "127.0.0.1:7105")}
SHIM = {"a": ("listen", "127.0.0.1", 7300, "127.0.0.1", FORWARDS["udp"].port), "b": ("forward", "127.0.0.1", 7105, "127.0.0.1", 7100)}
OPEN_PORTS = {"udp": 7120, "bulk": 7121, "tcp16": 7122, "single": 7124}


@dataclasses.dataclass(frozen=True)
class Addresses:
    """Where a's clients reach b's servers."""
    udp: str
    single: str
    tcp16: str
    bulk: str


def at(host):
    return Addresses(**{name: f"{host}:{port}" for name, port in OPEN_PORTS.items()})


OWN = Addresses(ECHO.listen[0], SINGLE.listen[0], CHAT.listen[0], BULK.listen[0])
FORWARDED = Addresses(f"127.0.0.1:{SHIM['a'][2]}", *(FORWARDS[name].near for name in ("single", "tcp16", "bulk")))


class Shim(Processes):
    """Datagrams for a tunnel of connections."""

    def __init__(self, bed, folder):
        super().__init__(bed.tunnel.network, folder)
        self.program = bed.program("datagram-shim")

    def start(self):
        for node, arguments in SHIM.items():
            self.begin(node, "shim", self.program, *arguments)
        listens(self.network, "b", SHIM["b"][2])


@contextlib.contextmanager
def forwarded(bed, folder, control, kind, cipher):
    choose_control(bed.tunnel.network, control)
    with kind(bed.tunnel.network, folder, list(FORWARDS.values()), cipher), Shim(bed, folder):
        yield FORWARDED


@contextlib.contextmanager
def straight(bed, _folder, control):
    choose_control(bed.tunnel.network, control)
    yield at(ADDRESSES["b"])


@contextlib.contextmanager
def in_wireguard(bed, folder, control):
    with WireGuard(bed.tunnel.network, folder) as tunnel:
        choose_control(bed.tunnel.network, control, tunnel.ADDRESSES, tunnel.device)
        yield at(tunnel.ADDRESSES["b"])


WAYS = {
    "direct": (straight,),
    "stunnel": (forwarded, Stunnel, "TLS_AES_256_GCM_SHA384"),
    "ssh": (forwarded, Ssh, "aes256-gcm@openssh.com"),
    "wireguard": (in_wireguard,),
}


def measure(build, report, name):
    """On the WAN of that name."""
    emulator = Wan(build, delay=DELAY_MS, rate=RATE_MBIT, **WANS[name])
    try:
        with Bed(build, [ECHO, CHAT, BULK, SINGLE], with_nsd=False, change_network=emulator.take_over) as bed:
            bed.serve("rr", "tcp", SINGLE.connect, "serve", "tcp")
            for load, port in OPEN_PORTS.items():
                address = f"0.0.0.0:{port}"
                if load == "bulk":
                    bed.serve("pour", "tcp", address, "sink")
                else:
                    bed.serve("rr", "udp" if load == "udp" else "tcp", address, "serve", "udp" if load == "udp" else "tcp",
                              options=("-t", THINK_MS) if load == "tcp16" else ())
            ask(bed, report, f"peers_{name}_funnel", OWN, BULK_BYTES)

            folder = bed.tunnel.workspace.folder("bench-peers", mode=0o700)
            for way, (begin, *options) in WAYS.items():
                for control in controls():
                    emulator.begin()
                    slow = control == "cubic" and name != "loss_0"
                    try:
                        with begin(bed, folder, control, *options) as addresses:
                            ask(bed, report, f"peers_{name}_{way}_{control}", addresses, SLOW_BULK_BYTES if slow else BULK_BYTES)
                    except lab.LabError as error:
                        report.fail(f"peers_{name}_{way}_{control}", str(error).splitlines()[0])
    finally:
        emulator.stop()


def ask(bed, report, prefix, addresses, size):
    options = ("-r", RATE, "-d", SECONDS, "-w", WAIT_SECONDS)
    for load, transport, connections in (("udp", "udp", 1), ("single", "tcp", 1), ("tcp16", "tcp", CONNECTIONS)):
        answer = bed.load("load", transport, getattr(addresses, load), "-n", connections, *options)
        for quantile in ("p50", "p99", "p99_9"):
            report.add(f"{prefix}_{load}_{quantile}_ms", answer[f"{quantile}_us"] / 1e3)
        report.add(f"{prefix}_{load}_unanswered", answer["unanswered"], 0)
    report.add(f"{prefix}_bulk_MBps", bed.move_bulk(1, size, addresses.bulk), 2)
