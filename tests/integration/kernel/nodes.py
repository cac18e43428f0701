"""In the guest: nodes.py BUILD [A-B-CARRIER...] brings both nodes up, with each pairing of engines and carriers in turn,
and uses them. Prints "passed A-B-CARRIER" for each that works, and what is to be seen of one that does not.
"""
import os
import sys
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab import nsd, slapd  # noqa: E402
from lab.netns import ADDRESSES  # noqa: E402

SCTPD = "funnel-sctpd"
# What the userland engine says it needs for SCTP straight over IP where the kernel has SCTP as well.
DROP_KERNEL_ABORTS = ["OUTPUT", "-p", "sctp", "--chunk-types", "any", "ABORT", "-m", "owner", "!", "--uid-owner",
                      "0-4294967294", "-j", "DROP"]


def prepare_link(network):
    """What veth needs (tests/lab/engines/two_hosts.cc); trains of UDP (tx-udp-segmentation) stay possible."""
    for letter in ADDRESSES.keys() - {"k"}:
        for feature in ("tx-checksum-sctp", "tx-sctp-segmentation"):
            network.run(letter, "ethtool", "-K", "lan", feature, "off")
        network.ip(letter, "link", "set", "lan", "gso_max_size", "1480")


def prepare_host(network, letter, engine, carrier):
    """What an administrator would set."""
    udp_port = 9899 if engine == "kernel" else 0
    network.run(letter, "sysctl", "-qw", "net.sctp.intl_enable=1", f"net.sctp.udp_port={udp_port}")
    network.run(letter, "iptables", "-w", "-F", "OUTPUT")
    if engine == "userland" and carrier == "direct":
        network.run(letter, "iptables", "-w", "-A", *DROP_KERNEL_ABORTS)


def set_up(tunnel, engines, carrier):
    """The engines named, on nodes that may run already with others."""
    for letter, node in tunnel.nodes.items():
        node[SCTPD].stop()
        node.settings = {"sctp": {"engine": engines[letter]}}
        node.write_node_config()
        prepare_host(tunnel.network, letter, engines[letter], carrier)
    tunnel.peers["a"].extra["carrier"] = carrier
    tunnel.a.write_peer(tunnel.peers["a"], tunnel.b)
    for node in (tunnel.b, tunnel.a):
        node[SCTPD].start()
    tunnel.wait_up(deadline=40)


def check_services(tunnel):
    for name in ("www", "big"):
        options = ("+bufsize=4096", "+notcp", "+ignore", "+short")
        through = tunnel.nsd.dig("a", "127.0.0.1", 5353, name, "TXT", *options)
        assert through == tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, name, "TXT", *options), through
    direct = tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    for _ in range(2):
        assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout == direct
    assert direct.count("dn: ") == slapd.PEOPLE + 2


def check_status(tunnel, engines, carrier):
    for letter, node in tunnel.nodes.items():
        status = node.status()["sctpd"]
        assert [one["carrier"] for one in status["associations"]] == [carrier], status["associations"]
        assert status["engine"] == engines[letter]


def main(build, *pairings):
    peer = lab.Peer(connect=ADDRESSES["b"])
    with lab.Tunnel(build, [lab.dns_service(), lab.ldap_service()], with_nsd=True, with_slapd=True, connect_peer=peer) as tunnel:
        prepare_link(tunnel.network)
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
