"""In the guest: nodes.py BUILD ENGINE_A ENGINE_B udp|direct. Brings both nodes up and uses them; ends with "all done"."""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab import nsd, slapd  # noqa: E402
from lab.netns import ADDRESSES  # noqa: E402

DROP_KERNEL_ABORTS = ["-A", "OUTPUT", "-p", "sctp", "--chunk-types", "any", "ABORT", "-m", "owner", "!", "--uid-owner",
                      "0-4294967294", "-j", "DROP"]


def prepare_host(network, letter, engine, carrier):
    """What an administrator would set, and what veth needs beside it (tests/lab/engines/two_hosts.cc)."""
    for feature in ("tx-checksum-sctp", "tx-sctp-segmentation"):
        network.run(letter, "ethtool", "-K", "lan", feature, "off")
    network.ip(letter, "link", "set", "lan", "gso_max_size", "1480")
    if engine == "kernel":
        network.run(letter, "sysctl", "-qw", "net.sctp.intl_enable=1", "net.sctp.udp_port=9899")
    elif carrier == "direct":
        network.run(letter, "iptables", "-w", *DROP_KERNEL_ABORTS)


def check_services(tunnel):
    for name in ("www", "host7", "big"):
        options = ("+bufsize=4096", "+notcp", "+ignore", "+short")
        through = tunnel.nsd.dig("a", "127.0.0.1", 5353, name, "TXT", *options)
        assert through == tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, name, "TXT", *options), through
    direct = tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    for _ in range(3):
        assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout == direct
    assert direct.count("dn: ") == slapd.PEOPLE + 2


def check_status(tunnel, engines, carrier):
    for node in tunnel.nodes.values():
        associations = node.status()["sctpd"]["associations"]
        assert [one["carrier"] for one in associations] == [carrier], associations
        assert node.status()["sctpd"]["engine"] == engines[node.letter]


def main(build, engine_a, engine_b, carrier):
    engines = {"a": engine_a, "b": engine_b}
    peer = lab.Peer(connect=ADDRESSES["b"], extra={"carrier": carrier})
    with lab.Tunnel(build, [lab.dns_service(), lab.ldap_service()], with_nsd=True, with_slapd=True, connect_peer=peer) as tunnel:
        for letter, node in tunnel.nodes.items():
            node.settings = {"sctp": {"engine": engines[letter]}}
            prepare_host(tunnel.network, letter, engines[letter], carrier)
        try:
            tunnel.prepare().start().wait_up(deadline=40)
            check_services(tunnel)
            check_status(tunnel, engines, carrier)
        except BaseException:
            print(tunnel.describe())
            raise
    print("all done")


main(*sys.argv[1:])
