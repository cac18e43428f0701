"""A relay of the version before between two nodes of this one, and the other ways round.

    branch (a)                     relay1 (r)                       hoster (b)
    dig, bulk client ============= relays ========================= nsd, 127.0.0.1:7101

It passes on what it does not know of a handshake, so that the ends come to whatever both have.
"""
import pytest

import lab
from lab import before, suites, traffic

pytestmark = pytest.mark.fresh
MIB = 1 << 20
BULK = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
# Who is of the version before, and the suite then.
CASES = {"relay": ("r", suites.best()), "ends": ("ab", 1), "relay-and-hoster": ("rb", 1), "relay-and-branch": ("ar", 1)}


@pytest.fixture(scope="module", params=CASES)
def tunnel(request, build, programs_before):
    old, suite = CASES[request.param]
    bulk = lab.Service(BULK.name, BULK.protocol, BULK.listen, BULK.connect)
    with before.MixedChain(build, [lab.dns_service(), bulk], programs_before, old, relays="r", workspace=lab.Workspace(),
                           with_nsd=True) as chain:
        chain.suite = suite
        yield chain.prepare().start().wait_up(deadline=40)


def test_each_runs_its_own_version(tunnel):
    for letter, node in tunnel.nodes.items():
        said = node.funnelctl("--version").stdout
        assert (said == f"funnelctl {before.VERSION}\n") == (letter in tunnel.old), said


def test_what_is_asked_is_answered(tunnel):
    assert tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT") == '"this is host 5"\n'
    options = ("+bufsize=4096", "+notcp", "+ignore")
    assert len(tunnel.nsd.dig("a", "127.0.0.1", 5353, "big", "TXT", *options)) > 2800


def test_bulk_passes_both_ways_at_once(tunnel):
    with traffic.Server(tunnel, "bulk", BULK.connect, node="b") as server:
        said = traffic.client(tunnel, "bulk", BULK.listen[0], "--up", 32 * MIB, "--down", 32 * MIB, "--timeout", 100, node="a")
        assert said["done"] == 1 and said["sent"] == said["received"] == 32 * MIB, said
        traffic.require_equal(said, server)


def test_the_suite_is_the_best_that_both_ends_have(tunnel):
    for letter in "ab":
        node = tunnel.nodes[letter]
        if letter not in tunnel.old:
            found = {one["service"]: one["suite"] for one in node.status()["services"]}
            assert found == {"dns": tunnel.suite, "bulk": tunnel.suite}
        for unit in ("funnel-udpd@dns", "funnel-tcpd@bulk"):
            counted = node.counters(unit)
            for name in ("frames_forged", "frames_malformed", "channels_truncated", "violations"):
                assert counted[name] == 0, (unit, name, tunnel.describe())
            assert counted["channels_opened"] == 1, (unit, tunnel.describe())
