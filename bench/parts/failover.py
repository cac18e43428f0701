"""How long requests go unanswered when something breaks under load, many times over.

restart: the far node's funnel-sctpd is killed (kill -9), and started again 1 s later, as its unit says (life.conf).
"""
import concurrent.futures
import time

from .bed import ECHO, Bed

RUNS = 20
RATE, SECONDS, WAIT_SECONDS = 500, 4, 1
BREAK_AFTER = 1.0  # seconds of load


def measure(build, report):
    with Bed(build, [ECHO], with_nsd=False) as bed:
        add(report, "failover_restart", [one_run(bed, kill_peer) for _ in range(RUNS)])


def one_run(bed, break_it):
    """What `rr load` says of a run in whose midst BREAK_IT is called; all is well again afterwards."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        load = pool.submit(bed.load, "load", "udp", ECHO.listen[0], "-r", RATE, "-d", SECONDS, "-w", WAIT_SECONDS)
        time.sleep(BREAK_AFTER)
        break_it(bed)
        said = load.result()
    bed.tunnel.wait_up()
    return said


def kill_peer(bed):
    bed.tunnel.b["funnel-sctpd"].kill9()


def add(report, prefix, runs):
    gaps = sorted(said["longest_gap_ms"] for said in runs)
    for name, gap in (("min", gaps[0]), ("p50", gaps[len(gaps) // 2]), ("p90", gaps[len(gaps) * 9 // 10]), ("max", gaps[-1])):
        report.add(f"{prefix}_{name}_ms", gap)
    report.add(f"{prefix}_unanswered_per_run", sum(said["unanswered"] for said in runs) / len(runs))
