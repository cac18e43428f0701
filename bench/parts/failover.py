"""How long requests go unanswered when something breaks under load, many times over.

restart: the far node's funnel-sctpd is killed (kill -9), and started again 1 s later, as its unit says (life.conf).
path: the nodes have two links, and nothing passes any more by the one in use; it is back before the next run, which
may find the other one in use.
"""
import concurrent.futures
import functools
import time

import lab
from lab.netns import ADDRESSES

from .bed import ECHO, Bed, without_relays

PROBE_SECONDS, PROBES_UNTIL_TRUSTED = 1, 3
OTHER_LINK = {"a": "10.77.5.1", "b": "10.77.5.2"}

RUNS = 10
RATE, SECONDS, WAIT_SECONDS = 500, 4, 1
BREAK_AFTER = 1.0  # seconds of load


def measure(build, report):
    with Bed(build, [ECHO], with_nsd=False) as bed:
        add(report, "failover_restart", [one_run(bed, kill_peer) for _ in range(RUNS)])
    peer = lab.Peer(connect=[ADDRESSES["b"], OTHER_LINK["b"]], extra={"carrier": "udp"})
    make = functools.partial(without_relays, peer=peer, settings={"sctp": {"path-probe": f"{PROBE_SECONDS}s"}})
    with Bed(build, [ECHO], with_nsd=False, change_network=add_link, make=make) as bed:
        puller = Puller()
        add(report, "failover_path", [one_run(bed, puller.pull, puller.mend) for _ in range(RUNS)])


def one_run(bed, break_it, mend=None):
    """What `rr load` reports of a run; in the middle of it `break_it` is called, and undone afterwards."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        load = pool.submit(bed.load, "load", "udp", ECHO.listen[0], "-r", RATE, "-d", SECONDS, "-w", WAIT_SECONDS)
        time.sleep(BREAK_AFTER)
        break_it(bed)
        said = load.result()
    if mend:
        mend(bed)
    bed.tunnel.wait_up()
    return said


def kill_peer(bed):
    bed.tunnel.b["funnel-sctpd"].kill9()


def add_link(network):
    network.add_link("alt", *OTHER_LINK.values())


class Puller:
    """Lets nothing pass by the link in use; after that run, everything passes again."""

    def pull(self, bed):
        there = bed.tunnel.a.status()["sctpd"]["associations"][0]["address"]
        self.device = "alt" if there.startswith(OTHER_LINK["b"] + ":") else "lan"
        bed.tunnel.network.cut(device=self.device)

    def mend(self, bed):
        bed.tunnel.network.cut(on=False, device=self.device)
        time.sleep(PROBES_UNTIL_TRUSTED * PROBE_SECONDS)


def add(report, prefix, runs):
    gaps = sorted(said["longest_gap_ms"] for said in runs)
    for name, gap in (("min", gaps[0]), ("p50", gaps[len(gaps) // 2]), ("p90", gaps[len(gaps) * 9 // 10]), ("max", gaps[-1])):
        report.add(f"{prefix}_{name}_ms", gap)
    report.add(f"{prefix}_unanswered_per_run", sum(said["unanswered"] for said in runs) / len(runs))
