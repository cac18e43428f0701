"""Networks as they are elsewhere: no IPv4, link-local addresses, a peer that moves, a KDC that is silent, and a poller whose
intervals are longer than anything is kept.

    branch (a)  ==== dns ====>  hoster (b)        KDC (k)
"""
import os

import pytest

import lab
from conftest import SANITIZED
from lab.base import write_file


@pytest.fixture
def new_tunnel(make_tunnel):
    """A tunnel for one test, ended with it."""
    made = []

    def make(services, **options):
        made.append(make_tunnel(services, with_nsd=True, **options))
        return made[-1]
    yield make
    for tunnel in made:
        for node in tunnel.nodes.values():
            node.stop()
        tunnel.nsd.stop()


def answered(tunnel, server="127.0.0.1", node="a"):
    return "192.0.2.80" in tunnel.nsd.dig(node, server, 5353, "www", "A", check=False)


def link_local(tunnel, letter):
    listed = tunnel.network.ip(letter, "-6", "-o", "address", "show", "dev", "lan", "scope", "link").stdout
    return listed.split()[3].partition("/")[0] + "%lan"


def test_ipv6_alone_and_a_link_local_client(new_tunnel):
    tunnel = new_tunnel([lab.dns_service(listen=("127.0.0.1:5353", "[::]:5353"))], connect_peer=lab.Peer(connect="[fd77::2]:9899"))
    for letter in "ab":
        tunnel.network.ip(letter, "-4", "address", "flush", "dev", "lan")
    tunnel.prepare().start().wait_up()
    assert answered(tunnel)
    assert answered(tunnel, link_local(tunnel, "a"), node="b")


def test_a_peer_at_a_link_local_address(new_tunnel):
    tunnel = new_tunnel([lab.dns_service()])
    tunnel.peers["a"] = lab.Peer(connect=f"[{link_local(tunnel, 'b')}]:9899")
    tunnel.prepare().start().wait_up()
    assert answered(tunnel)


def test_a_peer_whose_name_leads_elsewhere_is_found_there(new_tunnel):
    """Its former address is silent; nothing is restarted at the branch."""
    tunnel = new_tunnel([lab.dns_service()], connect_peer=lab.Peer(connect="hoster.sites.test:9899"))
    hosts = os.path.join(tunnel.workspace.path, "hosts")
    write_file(hosts, "127.0.0.1 localhost\n10.77.0.2 hoster.sites.test\n")
    tunnel.network.ip("b", "address", "add", "10.77.0.77/24", "dev", "lan")
    tunnel.prepare()
    tunnel.a["funnel-sctpd"].prefix = ["unshare", "--mount", "--", "sh", "-c",
                                       f"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh"]
    tunnel.start().wait_up()
    # In place, so that the bind mount shows it.
    with open(hosts, "w", encoding="utf-8") as file:
        file.write("127.0.0.1 localhost\n10.77.0.77 hoster.sites.test\n")
    for chain, side in (("INPUT", "-d"), ("OUTPUT", "-s")):
        tunnel.network.run("b", "iptables", "-w", "-I", chain, side, "10.77.0.2", "-j", "DROP")
    lab.wait_until(lambda: "10.77.0.77" in str(tunnel.a.status()["sctpd"]["associations"]) and answered(tunnel),
                   "it is served from the new address", 40, detail=tunnel.describe)


def test_a_silent_kdc_is_passed_over(new_tunnel):
    """krb5.conf lists two, and the first one says nothing, not even that it is not there."""
    tunnel = new_tunnel([lab.dns_service()])
    for number, letter in enumerate("ab", 1):
        tunnel.network.ip(letter, "route", "add", "10.77.9.8", "via", f"10.77.{number}.9")
    tunnel.network.run("k", "iptables", "-w", "-A", "INPUT", "-d", "10.77.9.8", "-j", "DROP")
    tunnel.network.ip("k", "address", "add", "10.77.9.8/32", "dev", "lo")
    with open(tunnel.realm.config, encoding="utf-8") as file:
        text = file.read()
    write_file(tunnel.realm.config, text.replace("        kdc =", "        kdc = 10.77.9.8:8888\n        kdc ="))
    tunnel.prepare().start().wait_up(deadline=60)
    assert answered(tunnel)


@pytest.mark.skipif(SANITIZED, reason="daemons with sanitizers may need longer to start than the poll waits")
def test_each_poll_is_answered_whatever_has_ended_since_the_last(new_tunnel):
    """Flow, edge and association end within two seconds; each poll has one try of two."""
    short = {"idle-exit": "2s", "idle-timeout": "1s"}
    tunnel = new_tunnel([lab.dns_service(listen_service=short, connect_service=short)],
                        connect_peer=lab.Peer(connect="10.77.0.2", extra={"when": "on-demand"}),
                        settings={"sctp": {"idle-disconnect": "1s"}})
    tunnel.prepare(lazy=("funnel-udpd@dns",)).start()
    edge = tunnel.a["funnel-udpd@dns"]
    for poll in range(4):
        assert answered(tunnel), (poll, tunnel.describe())
        lab.wait_until(lambda: not edge.pid and not tunnel.a.status()["sctpd"]["associations"][0]["state"] == "up",
                       "all has ended", 30, detail=tunnel.describe)
    assert edge.starts == 4
