"""In the guest: nodes.py BUILD [A-B-CARRIER...] brings both nodes up, with each pairing of engines and carriers in turn,
and uses them. CARRIER is udp, direct, fallback (a firewall drops direct SCTP, and later does not any more) or pulled (nothing passes any
more by the first of two links). Prints "passed A-B-CARRIER" for each that works, and what is to be seen of one that does not.
"""
import os
import sys
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab.answers import check_equal  # noqa: E402
from lab.netns import ADDRESSES  # noqa: E402

from hosts import prepare_host, prepare_link  # noqa: E402

SCTPD = "funnel-sctpd"
OTHER_LINK = {"a": "10.77.5.1", "b": "10.77.5.2"}
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
    check_equal(tunnel, "www")
    check_equal(tunnel)
    for letter, node in tunnel.nodes.items():
        assert node.status()["sctpd"]["engine"] == engines[letter]
        # Waited for: after a fallback the two ends see the change one after the other.
        lab.wait_until(lambda node=node: path_in_use(node) == ("active", carrier), f"{carrier} is used", 10, 0.2, node.describe)


def path_in_use(node):
    [association] = node.status()["sctpd"]["associations"]
    path = association["paths"][0]
    return path["state"], path["carrier"]


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


def pull_the_first_link(tunnel, engines):
    """No node is configured with the other link: each sends its addresses to the other, and has them probed."""
    set_up(tunnel, engines, "direct")
    for node, there in ((tunnel.a, "b"), (tunnel.b, "a")):
        wait_path(node, OTHER_LINK[there], "reachable")
    ends = tunnel.a[SCTPD].log.count("association: ending")
    cut_both_families(tunnel, "-I")
    use(tunnel, engines, "direct")
    wait_path(tunnel.a, OTHER_LINK["b"], "active")
    wait_path(tunnel.a, ADDRESSES["b"], "silent")
    tunnel.a.wait_logged("path-moved", OTHER_LINK["b"])
    cut_both_families(tunnel, "-D")
    wait_path(tunnel.a, ADDRESSES["b"], "active")
    use(tunnel, engines, "direct")
    assert tunnel.a[SCTPD].log.count("association: ending") == ends, "the association was to stay"


def cut_both_families(tunnel, do):
    """IPv4 alone would not do: IPv6 over the same link would serve."""
    for letter in tunnel.nodes:
        for program in ("iptables", "ip6tables"):
            tunnel.run(letter, program, "-w", do, "INPUT", "-i", "lan", "-j", "DROP")


def wait_path(node, address, state):
    """The path to this address."""
    def found():
        paths = [path for one in node.status()["sctpd"]["associations"] for path in one["paths"]]
        return [path["state"] for path in paths if path["address"].rpartition(":")[0] == address] == [state]
    lab.wait_until(found, f"{node.peer_name}: the path to {address} is {state}", 20, 0.2, node.describe)


def try_out(tunnel, engines, carrier):
    if carrier == "fallback":
        fall_back_and_return(tunnel, engines)
    elif carrier == "pulled":
        pull_the_first_link(tunnel, engines)
    else:
        set_up(tunnel, engines, carrier)
        use(tunnel, engines, carrier)


def main(build, *pairings):
    peer = lab.Peer(connect=ADDRESSES["b"])
    with lab.Tunnel(build, [lab.dns_service(), lab.ldap_service()], with_nsd=True, with_slapd=True, connect_peer=peer) as tunnel:
        tunnel.network.add_link("alt", *OTHER_LINK.values())
        for letter in tunnel.nodes:
            prepare_host(tunnel.network, letter, "own")
            for device in ("lan", "alt"):
                prepare_link(tunnel.network, letter, device)
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
