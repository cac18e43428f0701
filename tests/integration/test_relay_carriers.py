"""A relay between nodes that cannot reach each other: one side reaches it by UDP only, the other straight over IP; and, in
a guest, both sides run on an engine in funnel-sctpd and the relay on the kernel's SCTP.

    branch (a) ==== SCTP in UDP ==== relay1 (r) ==== SCTP over IP ==== hoster (b)
    dig, ldapsearch                                                    nsd, slapd
"""
import os

import pytest

import lab
from lab import uml
from lab.answers import check_equal

IN_GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel", "relay.py")
GUEST_SECONDS = 600


@pytest.fixture(scope="module")
def tunnel(build):
    chain = lab.Chain(build, [lab.dns_service(), lab.ldap_service()], "r", lab.Workspace(), with_nsd=True, with_slapd=True,
                      carriers={"a": "udp", "r": "direct"})
    with chain:
        # Each link lets its carrier through only.
        chain.run("a", "iptables", "-w", "-A", "INPUT", "-i", "next", "-p", "sctp", "-j", "DROP")
        chain.run("b", "iptables", "-w", "-A", "INPUT", "-i", "back", "-p", "udp", "-j", "DROP")
        yield chain.prepare().start().wait_up(deadline=40)


def test_answers_equal_direct_ones(tunnel):
    assert len(check_equal(tunnel)) > 2800


def test_each_link_has_its_carrier(tunnel):
    carriers = {one["peer"]: one["carrier"] for one in tunnel.nodes["r"].status()["sctpd"]["associations"]}
    assert carriers == {"branch": "udp", "hoster": "direct"}


def test_each_link_comes_back(tunnel):
    """A relayed channel is up again when both links are."""
    for letter in ("b", "a", "r"):
        tunnel.nodes[letter]["funnel-sctpd"].kill9()
        tunnel.wait_up(deadline=40)
        assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")


@pytest.mark.volume
def test_relay_of_other_engines(build):
    if uml.why_not():
        pytest.skip(uml.why_not())
    done = uml.run(["/usr/bin/python3", "-B", IN_GUEST, build, "own"], timeout=GUEST_SECONDS)
    assert done.returncode == 0, done.stdout[-8000:]
    assert done.stdout.splitlines()[-1] == "all done", done.stdout[-8000:]
