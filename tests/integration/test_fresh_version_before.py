"""A node that still runs the version before, and one of this tree: all that both can do works, whichever of them is the client.

    branch (a)                                               hoster (b)
    dig, ldapsearch, bulk clients -> dns, ldap, bulk ======> nsd, slapd, 127.0.0.1:7101
                       127.0.0.1:7103 <===== back =========== bulk client -> 127.0.0.1:7003
    mixed, mixed-too: UDP at one end, TCP at the other ==X=>
    clients that never read, one that does -> stuck =======> 127.0.0.1:7102

Its programs come out of the package that is made of the history once (lab/before.py). They are of the machine's own release, so
this runs where that one's turn is (lab/fresh.py).
"""
import os
import signal

import pytest

import lab
from lab import before, stuck_readers, suites, traffic

pytestmark = pytest.mark.fresh
LIFETIME_SECONDS = 30
REKEYS = 2
MIB = 1 << 20
# Of an old receiver's 16 MiB each stuck one takes what it likes. A new one asks for restraint when room is short (SHARE), which an
# old sender does not know: half of the 16 MiB may go to windows that had grown before their readers were stuck, the rest is
# enough for 128 windows of 64 KiB.
STUCK = {"a": 20, "b": 100}
BULK = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
BACK = lab.Service("back", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7103", at="b")
MIXED = lab.Service("mixed", "udp", ("127.0.0.1:7004",), "127.0.0.1:7104")
MIXED_TOO = lab.Service("mixed-too", "tcp", ("127.0.0.1:7005",), "127.0.0.1:7105")
SEND_DATAGRAM = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', 7004))"
SEND_BYTES = "import socket; s = socket.create_connection(('127.0.0.1', 7005)); s.sendall(b'x')"
OTHER = {"a": "b", "b": "a"}


@pytest.fixture(scope="module", params=["a", "b"], ids=["branch_is_old", "hoster_is_old"])
def tunnel(request, make_tunnel, programs_before):
    # A key that the version before does not know.
    listen = {"stuck-timeout": "20s"} if request.param == "b" else {}
    stuck = lab.Service("stuck", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102", listen_service=listen)
    services = [lab.dns_service(), lab.ldap_service(), BULK, BACK, MIXED, MIXED_TOO, stuck]
    made = make_tunnel(services, before.MixedTunnel, before=programs_before, old=request.param, with_nsd=True, with_slapd=True,
                       at_b={MIXED.name: "tcp", MIXED_TOO.name: "udp"}, lifetime=f"{LIFETIME_SECONDS}s")
    made.new = made.nodes[OTHER[request.param]]
    made.prepare().start()
    return made.wait_up("dns", "ldap", "bulk", "back", "stuck")


def test_each_runs_its_own_version(tunnel):
    said = {letter: node.funnelctl("--version").stdout for letter, node in tunnel.nodes.items()}
    assert said[tunnel.old] == f"funnelctl {before.VERSION}\n" != said[OTHER[tunnel.old]], said


def test_the_new_one_says_that_it_is_suite_1_and_why(tunnel):
    """Nothing else is known to the other; of who is asked more is known than of who asks."""
    asked = "the acceptor is of a version that has suite 1 only"
    asking = "the initiator offers none that is liked better here"
    for one in tunnel.new.status()["services"]:
        if one["service"] not in (MIXED.name, MIXED_TOO.name):
            assert (one["suite"], one["suite_reason"]) == (1, asked if one["role"] == "listen" else asking), one
    assert [peer["suite"] for peer in tunnel.new.status()["authd"]["peers"]] == [1]
    assert f"sealed in suite 1 ({suites.NAMES[1]}): " in tunnel.new.funnelctl("status").stdout


def asks_dns(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=2", "+tries=1", check=False) == '"this is host 5"\n'


def test_dns_is_answered(tunnel):
    assert asks_dns(tunnel)
    options = ("+bufsize=4096", "+notcp", "+ignore")
    assert len(tunnel.nsd.dig("a", "127.0.0.1", 5353, "big", "TXT", *options)) > 2800


def test_ldap_is_answered(tunnel):
    direct = tunnel.slapd.search("b", f"ldap://127.0.0.1:{lab.slapd.PORT}").stdout
    assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout == direct


@pytest.mark.parametrize("service", [BULK, BACK], ids=["from_branch", "from_hoster"])
def test_bulk_both_ways_at_once(tunnel, service):
    with traffic.Server(tunnel, "bulk", service.connect, node=OTHER[service.at]) as server:
        said = traffic.client(tunnel, "bulk", service.listen[0], "--up", 64 * MIB, "--down", 64 * MIB, "--timeout", 100,
                              node=service.at)
        assert said["done"] == 1 and said["sent"] == said["received"] == 64 * MIB, said
        traffic.require_equal(said, server)


def test_what_carries_another_kind_ends_by_name_where_it_can_be_known(tunnel):
    """The version before does not say what it carries: a new end finds out when something comes, and an old end drops it
    silently."""
    mixed = (("funnel-udpd@mixed", "funnel-tcpd@mixed", SEND_DATAGRAM), ("funnel-tcpd@mixed-too", "funnel-udpd@mixed-too", SEND_BYTES))
    for here, there, send in mixed:
        tunnel.a.wait_channel(here.partition("@")[2])
        tunnel.run("a", "/usr/bin/python3", "-c", send)
        if tunnel.new is tunnel.b:
            tunnel.b[there].wait_logged("channel-failed: this end carries")
            tunnel.a[here].wait_logged("protocol violation: this end carries")
            assert tunnel.b.counters(there)["channels_failed"] == 1
    assert asks_dns(tunnel)
    for here, there, _ in mixed:
        assert tunnel.a[here].exits == tunnel.b[there].exits == []


def test_readers_that_are_stuck_stop_only_themselves(tunnel):
    count = STUCK[tunnel.old]
    gone = 90 if tunnel.new is tunnel.a else 0
    with stuck_readers.Backend(tunnel, 7102):
        seen = stuck_readers.try_clients(tunnel, 7002, count, until_gone=gone)
    stuck_readers.require_good_served(seen, count)
    assert seen["gone"] == (count if gone else 0)


def test_keys_change_while_queries_are_answered(tunnel):
    def asked_and_changed():
        assert asks_dns(tunnel), tunnel.describe()
        return all(node.counters("funnel-udpd@dns")["rekeys"] >= REKEYS for node in tunnel.nodes.values())

    lab.wait_until(asked_and_changed, f"{REKEYS} rekeys at both ends", LIFETIME_SECONDS * (REKEYS + 1), 0.1, tunnel.describe)
    for node in tunnel.nodes.values():
        for unit in ("funnel-udpd@dns", "funnel-tcpd@ldap", "funnel-tcpd@bulk", "funnel-tcpd@back", "funnel-tcpd@stuck"):
            counted = node.counters(unit)
            for name in ("rekeys_failed", "frames_forged", "frames_wrong_epoch", "frames_malformed", "channels_truncated"):
                assert counted[name] == 0, (unit, name, tunnel.describe())
            assert counted["channels_opened"] == 1, (unit, tunnel.describe())


@pytest.mark.parametrize("side", ["a", "b"])
def test_an_edge_takes_its_leave(tunnel, side):
    here, there = tunnel.nodes[side], tunnel.nodes[OTHER[side]]
    for unit, serves in (("funnel-udpd@dns", lambda: asks_dns(tunnel)),
                         ("funnel-tcpd@ldap", lambda: tunnel.slapd.search("a", "ldap://127.0.0.1:3389", check=False).returncode == 0)):
        edge = here[unit]
        ended, ends = there.counters(unit)["channels_ended"], len(edge.exits)
        os.kill(edge.pid, signal.SIGTERM)
        lab.wait_until(lambda: len(edge.exits) > ends, "it ends", 5, detail=tunnel.describe)
        assert edge.exits[-1] == "status 0"
        lab.wait_until(lambda: there.counters(unit)["channels_ended"] > ended, "the far end knows that it was in order", 5, 0.05,
                       tunnel.describe)
        assert there.counters(unit)["channels_truncated"] == 0
        there[unit].wait_logged("shutting down")
        lab.wait_until(serves, "it serves again", 10, 0.05, tunnel.describe)


def test_without_suite_1_it_is_refused_and_doctor_says_why(tunnel):
    path = tunnel.new.service_path("dns")
    with open(path, encoding="utf-8") as file:
        before_it = file.read()

    def use(text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        tunnel.new.funnelctl("reload", "funnel-authd")

    use(before_it.replace("[security]\n", "[security]\nsuites = 2 4\n"))
    os.kill(tunnel.a["funnel-udpd@dns"].pid, signal.SIGTERM)
    tunnel.a.wait_channel("dns", "refused", deadline=30)
    assert "bad version" in tunnel.a.channels("dns")[0]["reason"]
    said = tunnel.new.network.run(tunnel.new.letter, "env", f"KRB5_CONFIG={tunnel.realm.config}", tunnel.new.path("funnelctl"),
                                  *tunnel.new.common_options, "doctor", check=False, timeout=120).stdout
    assert "`suites` has no 1, and " in said and "has proven itself in suite 1, which is all that nodes of version 0.1 have" in said, said
    use(before_it)
    lab.wait_until(lambda: asks_dns(tunnel), "it is sealed in suite 1 again", 90, detail=tunnel.describe)
