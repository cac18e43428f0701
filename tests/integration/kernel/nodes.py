"""In the guest: nodes.py BUILD [A-B-CARRIER...] brings both nodes up, with each pairing of engines and carriers in turn,
and uses them. CARRIER is udp, direct, or fallback: a firewall drops direct SCTP, and later does not any more. Prints "passed
A-B-CARRIER" for each that works, and what is to be seen of one that does not.
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
# So that the return need not be waited for.
SOON = {"direct-retry": "3s", "return-interval": "2s", "switch-idle": "1s"}
DIRECT_IN = ["INPUT", "-i", "lan", "-p", "sctp", "-j", "DROP"]


def set_up(tunnel, engines, carrier):
    """The engines named, on nodes that may run already with others."""
    for letter, node in tunnel.nodes.items():
        node[SCTPD].stop()
        node.settings = {"sctp": {"engine": engines[letter], **SOON}}
        node.write_node_config()
        prepare_host(tunnel.network, letter, engines[letter])
    tunnel.peers["a"].extra["carrier"] = carrier
    tunnel.a.write_peer(tunnel.peers["a"], tunnel.b)
    for node in (tunnel.b, tunnel.a):
        node[SCTPD].start()
    tunnel.wait_up(deadline=40)


def carriers(tunnel):
    return [[one["carrier"] for one in node.status()["sctpd"]["associations"]] for node in tunnel.nodes.values()]


def use(tunnel, engines, carrier):
    check_services(tunnel)
    assert carriers(tunnel) == [[carrier], [carrier]], carriers(tunnel)
    for letter, node in tunnel.nodes.items():
        assert node.status()["sctpd"]["engine"] == engines[letter]


def fall_back_and_return(tunnel, engines):
    for letter in tunnel.nodes:
        tunnel.run(letter, "iptables", "-w", "-A", *DIRECT_IN)
    set_up(tunnel, engines, "auto")
    use(tunnel, engines, "udp")
    for letter in tunnel.nodes:
        tunnel.run(letter, "iptables", "-w", "-D", *DIRECT_IN)
    lab.wait_until(lambda: carriers(tunnel) == [["direct"], ["direct"]], "direct SCTP is used again", 60, 0.5)
    tunnel.wait_up(deadline=40)
    use(tunnel, engines, "direct")


def try_out(tunnel, engines, carrier):
    if carrier == "fallback":
        fall_back_and_return(tunnel, engines)
    else:
        set_up(tunnel, engines, carrier)
        use(tunnel, engines, carrier)


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
                try_out(tunnel, engines, carrier)
                print("passed", pairing, flush=True)
            except Exception:  # the others are still to be tried
                print(pairing, traceback.format_exc(), tunnel.describe(), sep="\n", flush=True)


main(*sys.argv[1:])
