"""In the guest: nodes.py BUILD [A-B-CARRIER...] brings both nodes up, with each pairing of engines and carriers in turn,
and uses them. Prints "passed A-B-CARRIER" for each that works, and what is to be seen of one that does not.
"""
import os
import sys
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab.netns import ADDRESSES  # noqa: E402

from hosts import check_services, prepare_host, prepare_link  # noqa: E402

SCTPD = "funnel-sctpd"


def set_up(tunnel, engines, carrier):
    """The engines named, on nodes that may run already with others."""
    for letter, node in tunnel.nodes.items():
        node[SCTPD].stop()
        node.settings = {"sctp": {"engine": engines[letter]}}
        node.write_node_config()
        prepare_host(tunnel.network, letter, engines[letter])
    tunnel.peers["a"].extra["carrier"] = carrier
    tunnel.a.write_peer(tunnel.peers["a"], tunnel.b)
    for node in (tunnel.b, tunnel.a):
        node[SCTPD].start()
    tunnel.wait_up(deadline=40)


def check_status(tunnel, engines, carrier):
    for letter, node in tunnel.nodes.items():
        status = node.status()["sctpd"]
        assert [one["carrier"] for one in status["associations"]] == [carrier], status["associations"]
        assert status["engine"] == engines[letter]


def main(build, *pairings):
    peer = lab.Peer(connect=ADDRESSES["b"])
    with lab.Tunnel(build, [lab.dns_service(), lab.ldap_service()], with_nsd=True, with_slapd=True, connect_peer=peer) as tunnel:
        for letter in tunnel.nodes:
            prepare_link(tunnel.network, letter, "lan")
        for node in tunnel.nodes.values():
            node.sctpd_options = ["--capability=net_raw"]
        tunnel.prepare().start()
        for pairing in pairings:
            engine_a, engine_b, carrier = pairing.split("-")
            engines = {"a": engine_a, "b": engine_b}
            try:
                set_up(tunnel, engines, carrier)
                check_services(tunnel)
                check_status(tunnel, engines, carrier)
                print("passed", pairing, flush=True)
            except Exception:  # the others are still to be tried
                print(pairing, traceback.format_exc(), tunnel.describe(), sep="\n", flush=True)


main(*sys.argv[1:])
