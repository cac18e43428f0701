"""In the guest: nat.py BUILD ENGINE. Two nodes with that engine behind one address of a NAT that forgets its mappings while
requests are under way; the node that they connect to has the kernel's SCTP. That follows a peer to another UDP port, but not
to another address: there a new association serves. Ends with "all done".
"""
import os
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab import traffic  # noqa: E402
from lab.nat import OUTSIDE  # noqa: E402
from lab.netns import ADDRESSES  # noqa: E402

from hosts import prepare_host, prepare_link  # noqa: E402

LINKS = {"a": ["lan"], "b": ["lan"], "c": ["lan"], "n": ["lan", "to-a", "to-c"]}
RATE = 100
SECONDS_WITHOUT = 2


def times_up(tunnel):
    """How many associations nodes a and c have had."""
    return [tunnel.nodes[letter]["funnel-sctpd"].log.count("association: up") for letter in "ac"]


def change_mapping(tunnel, address, port):
    """What became of requests at RATE meanwhile; everything is up again afterwards."""
    load = traffic.start_dns_load(tunnel, 5353, 4 * RATE, RATE)
    began = time.monotonic()
    lab.wait_until(lambda: time.monotonic() - began > 1, "the load has run for a while", 5, 0.05)
    tunnel.network.map_to(address, port)
    said = traffic.result(load)
    tunnel.wait_up(deadline=20)
    print(f"now {address}:{port}: answered {said['answered']} of {said['sent']}, the latest after {said['milliseconds'][-1]:.0f} ms")
    assert said["wrong"] == 0
    return said


def use(tunnel):
    before = times_up(tunnel)
    said = change_mapping(tunnel, OUTSIDE[0], 30000)
    assert said["answered"] == said["sent"], said
    assert times_up(tunnel) == before, "another port was to be followed"
    said = change_mapping(tunnel, OUTSIDE[1], 40000)
    assert said["sent"] - said["answered"] < SECONDS_WITHOUT * RATE, said
    assert times_up(tunnel)[0] == before[0] + 1
    tunnel.a.wait_logged("association: ending: aborted", "the peer ended it", daemon="funnel-sctpd")


def main(build, engine):
    engines = {"a": engine, "b": "kernel", "c": engine}
    with lab.NatTunnel(build, [lab.dns_service()], with_nsd=True,
                       connect_peer=lab.Peer(connect=ADDRESSES["b"], extra={"carrier": "udp"})) as tunnel:
        for letter, node in tunnel.nodes.items():
            node.settings = {"sctp": {"engine": engines[letter]}}
            prepare_host(tunnel.network, letter, engines[letter])
        for letter, devices in LINKS.items():
            for device in devices:
                prepare_link(tunnel.network, letter, device)
        try:
            use(tunnel.prepare().start().wait_up(deadline=40))
        except BaseException:
            print(tunnel.describe())
            raise
    print("all done")


main(*sys.argv[1:])
