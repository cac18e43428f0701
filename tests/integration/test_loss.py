"""With 5 % of all packets lost both ways all is still right, and one answer does not wait for another's lost packet.

    branch (a)                                                     hoster (b)
    dig, ldapsearch, bulk -> funnel ===X=== lan ===X=== funnel -> nsd, slapd, bulk serve
                                 iptables drops 5 % at each end
"""
import pytest

import lab
from conftest import SANITIZED
from lab import nsd, slapd, traffic

LOSS = 0.05
MIB = 1 << 20


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = [lab.dns_service(), lab.ldap_service(),
                lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101"),
                lab.Service("echo", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102")]
    made = make_tunnel(services, with_nsd=True, with_slapd=True).prepare().start().wait_up()
    made.network.drop(LOSS)
    return made


def require_loss(tunnel, before, least_packets):
    """The rule saw packets, not whole trains, and dropped its share of them, at both ends."""
    for name in ("a", "b"):
        arrived = tunnel.network.received(name) - before[name][0]
        dropped = tunnel.network.dropped(name) - before[name][1]
        assert arrived >= least_packets, f"{name}: only {arrived} packets arrived\n{tunnel.network.link_state()}"
        assert 0.5 * LOSS < dropped / arrived < 1.6 * LOSS, f"{name}: {dropped} of {arrived} dropped"


@pytest.fixture
def before(tunnel):
    return {name: (tunnel.network.received(name), tunnel.network.dropped(name)) for name in ("a", "b")}


@pytest.mark.alone
def test_latency_of_an_answer_does_not_depend_on_anothers_loss(tunnel, before):
    """At 200 queries/s a lost packet delays its own queries by a retransmission: at least 100 ms by SCTP's timer, a
    few round trips by ours. If other answers waited behind it, most of them would be as late."""
    said = traffic.dns_load(tunnel, 5353, 4000, 200, wait=8)
    times = said["milliseconds"]
    shown = {share: traffic.percentile(times, share) for share in (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)}
    print("DNS latency at 5 % loss each way, ms: " + ", ".join(f"p{100 * s:g} {v:.1f}" for s, v in shown.items()))
    assert said["answered"] == said["sent"] == 4000 and said["wrong"] == 0
    require_loss(tunnel, before, 4000)
    # One query in ten loses its own packet or its answer's.
    assert shown[0.5] < 10 and shown[0.75] < 20, shown
    late = sum(one > 50 for one in times) / len(times)
    assert late < 0.2, f"{100 * late:.1f} % of the answers were late; about 10 % lost a packet of their own"


def test_dns_answers_are_right(tunnel):
    for name, kind in (("www", "AAAA"), ("host17", "TXT"), ("big", "TXT")):
        through = tunnel.nsd.dig("a", "127.0.0.1", 5353, name, kind, "+bufsize=4096", "+notcp", "+tries=2", "+time=5")
        assert through == tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, name, kind, "+bufsize=4096", "+notcp")


def test_ldap_directory_is_whole(tunnel):
    direct = tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    for _ in range(3):
        assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389", timeout=60).stdout == direct


def test_bulk_bytes_are_right_both_ways(tunnel, before):
    count = 2 * MIB if SANITIZED else 8 * MIB
    with traffic.Server(tunnel, "bulk", "127.0.0.1:7101") as server:
        said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", count, "--down", count, "--timeout", 170)
        assert said["done"] == 1 and not said["errors"], said
        assert said["received"] == said["sent"] == count
        assert not any("broken" in line for line in server.lines())
    require_loss(tunnel, before, count // 1500)


def test_many_connections_and_flows(tunnel):
    with traffic.Server(tunnel, "bulk", "127.0.0.1:7101"), traffic.Server(tunnel, "flows", "127.0.0.1:7102"):
        said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--connections", 100, "--all-at-once", "--up", 2000,
                              "--down", 3000, "--timeout", 90)
        assert said["done"] == 100 and not said["errors"], said
        said = traffic.client(tunnel, "flows", "127.0.0.1:7002", "--flows", 500, "--rounds", 2, "--timeout", 60)
        assert said["answered"] == said["asked"] and said["wrong"] == 0, said
