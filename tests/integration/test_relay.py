"""DNS and LDAP over a chain of three relays, which hold no key of either service.

    branch (a)        relay1 (r)       relay2 (s)       relay3 (t)        hoster (b)
    dig, ldapsearch == sctpd, authd == sctpd, authd == sctpd, authd == nsd, slapd
"""
import json
import os
import re
import subprocess

import pytest

import lab
from conftest import SANITIZED
from lab import traffic
from lab.answers import check_equal
from lab.realm import REALM

RELAYS = "rst"
COUNT = 64 << 20


@pytest.fixture(scope="module")
def tunnel(build):
    chain = lab.Chain(build, [lab.dns_service(), lab.ldap_service(),
                              lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")],
                      RELAYS, lab.Workspace(), with_nsd=True, with_slapd=True)
    with chain:
        yield chain.prepare().start().wait_up(deadline=40)


def relays(tunnel):
    return [tunnel.nodes[letter] for letter in RELAYS]


def test_answers_equal_direct_ones(tunnel):
    assert len(check_equal(tunnel)) > 2800
    for node in relays(tunnel):
        told = json.loads(node.funnelctl("status", "--json").stdout)
        assert {one["role"] for one in told["services"]} == {"relay"}
        roles = [(one["service"], one["role"]) for one in node.status()["sctpd"]["channels"]]
        assert sorted(roles) == [(name, "relay") for name in ("bulk", "bulk", "dns", "dns", "ldap", "ldap")], roles


def test_the_ends_prove_each_other_not_the_relays(tunnel):
    channel = tunnel.a.channels("dns")[0]
    assert channel["remote_principal"] == f"dns/{tunnel.b.node_name}@{REALM}"
    assert channel["peer"] == "relay1"


def test_relays_hold_keys_of_their_own_authd_only(tunnel):
    for node in relays(tunnel):
        listed = subprocess.run(["klist", "-k", node.keytab], capture_output=True, text=True, check=True).stdout
        names = {line.split()[1] for line in listed.splitlines() if "@" in line}
        assert names == {f"funnel/{node.node_name}@{REALM}"}


def test_relays_pass_on_without_keytab_and_authd(tunnel):
    """An open channel goes on while the relays have neither keytab nor authd: nothing of it is decided there."""
    for node in relays(tunnel):
        os.rename(node.keytab, node.keytab + ".away")
        node["funnel-authd"].stop()
    try:
        assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")
        assert "dn: " in tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout
    finally:
        for node in relays(tunnel):
            os.rename(node.keytab + ".away", node.keytab)
            node["funnel-authd"].start()
            node["funnel-authd"].wait_ready()


def test_relays_see_ciphertext_only(tunnel):
    """All that a relay sends and receives."""
    node = tunnel.nodes["s"]
    capture = os.path.join(node.folder, "relay.pcap")
    dump = tunnel.network.popen("s", "tcpdump", "-i", "any", "-U", "-w", capture, "udp", stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
    try:
        assert "listening on" in dump.stdout.readline() + dump.stdout.readline()
        found = tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout
        assert "user7@example.test" in found
        lab.wait_until(lambda: os.path.getsize(capture) > len(found), "the capture holds the answer", 10)
    finally:
        dump.terminate()
        dump.wait()
    with open(capture, "rb") as file:
        packets = file.read()
    assert b"user7" not in packets and b"example.test" not in packets


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's shadow memory is too large to be read")
def test_relays_hold_no_plaintext_in_memory(tunnel):
    assert "user7@example.test" in tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout
    for node in relays(tunnel):
        memory = memory_of(node["funnel-sctpd"].pid)
        assert b"relay" in memory and b"user7@example.test" not in memory


def memory_of(pid):
    """Every readable page that a process may have written to."""
    parts = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw") or "[v" in line:
                continue
            begin, end = (int(at, 16) for at in span.split("-"))
            mem.seek(begin)
            parts.append(mem.read(end - begin))
    return b"".join(parts)


def test_bulk_passes_unaltered(tunnel):
    with traffic.Server(tunnel, "bulk", "127.0.0.1:7101"):
        said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", COUNT, "--down", COUNT, "--timeout", 100)
    assert said["received"] == said["sent"] == COUNT and not said["errors"], said


def test_administrator_of_a_relay_closes_a_channel_at_both_sides(tunnel):
    """In the middle of the chain: both ends get the reason, across the other relays, and open again; no other channel is touched."""
    relay = tunnel.nodes["s"]
    numbers = re.findall(r"^  dns/(\d+) ", relay.funnelctl("channels").stdout, re.MULTILINE)
    assert len(numbers) == 2, "one for each side"
    other = tunnel.a.channels("ldap")[0]["channel"]
    assert "closed 1 channel\n" in relay.funnelctl("close", f"dns/{numbers[1]}").stdout
    for node in (tunnel.a, tunnel.b):
        node.wait_logged("channel-truncated", "closed by an administrator of a relay", daemon="funnel-udpd@dns")
    again = relay.funnelctl("close", f"dns/{numbers[1]}", check=False)
    assert again.returncode == 1 and f"there is no relayed channel dns/{numbers[1]} (any more)" in again.stdout
    tunnel.wait_up("dns", deadline=40)
    assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")
    assert tunnel.a.channels("ldap")[0]["channel"] == other
    nothing = relay.funnelctl("close", "nothing", check=False)
    assert nothing.returncode == 1 and "nothing: does not run" in nothing.stdout
    assert "there is no relayed channel of nothing" in nothing.stdout


def test_dead_relay_resets_and_all_is_back(tunnel):
    tunnel.nodes["s"]["funnel-sctpd"].kill9()
    tunnel.wait_up(deadline=40)
    assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")


def test_peer_that_may_not_is_refused_with_a_reason_at_the_relay(tunnel):
    node = tunnel.nodes["s"]
    service = tunnel.services[0]
    tunnel.write_relay(node, service, ["relay3"], "relay3")
    assert node.funnelctl("check", check=False).returncode != 0
    tunnel.write_relay(node, service, ["relay3"], "relay1")
    node["funnel-sctpd"].reload()
    node.wait_logged("relay-refused", "not listed in [relay] from", daemon="funnel-sctpd", deadline=30)
    tunnel.a.wait_channel("dns", "refused", deadline=30)
    assert tunnel.a.channels("ldap")[0]["state"] == "open"
    tunnel.write_relay(node, service, ["relay1"], "relay3")
    node["funnel-sctpd"].reload()
    tunnel.a.wait_channel("dns", deadline=90)
