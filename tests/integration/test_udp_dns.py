"""DNS over the tunnel is the same as DNS asked directly.

    branch (a)                                            hoster (b)
    dig, dnsperf -> 127.0.0.1:5353 \\                     / 127.0.0.1:5300 nsd
                    [::1]:5353      > funnel ==== funnel <
                    0.0.0.0:5354   /                      \\ [::1]:5300
"""
import re

import pytest

import lab
from lab import nsd
from lab.netns import ADDRESSES, ADDRESSES6

# The whole message as dig prints it, less what differs from one asking to the next.
WHOLE = ("+noshort", "+comments", "+question", "+authority", "+additional", "+nostats", "+nocmd", "+nocookie", "+qid=7")
WILDCARD = lab.Service("dns-any", "udp", ("0.0.0.0:5354", "[::]:5355"), f"[::1]:{nsd.PORT}")


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service(), WILDCARD], with_nsd=True).prepare().start().wait_up()


@pytest.mark.parametrize("server", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("name, kind", [("www", "A"), ("www", "AAAA"), ("www", "TXT"), ("host299", "TXT"),
                                        ("nothing-here", "A")])
def test_answers_equal_those_asked_directly(tunnel, server, name, kind):
    through = tunnel.nsd.dig("a", server, 5353, name, kind, *WHOLE)
    direct = tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, name, kind, *WHOLE)
    assert through == direct and "status:" in through


def test_large_answer_over_edns_equals_the_direct_one(tunnel):
    options = ("+bufsize=4096", "+notcp", "+ignore")
    through = tunnel.nsd.dig("a", "127.0.0.1", 5353, "big", "TXT", *options)
    assert through == tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, "big", "TXT", *options)
    assert len(through) > 2800


@pytest.mark.parametrize("server, port", [("127.0.0.1", 5354), ("127.0.0.53", 5354), (ADDRESSES["a"], 5354),
                                          ("::1", 5355), (ADDRESSES6["a"], 5355)])
def test_reply_leaves_from_the_address_that_was_asked(tunnel, server, port):
    """dig's socket is connected: it receives answers from the address it asked, and from no other."""
    assert tunnel.nsd.dig("a", server, port, "host5", "TXT") == '"this is host 5"\n'


def test_reply_to_another_machine_leaves_from_the_address_it_asked(tunnel):
    """Asked over the link, at the second of two addresses of that link."""
    tunnel.network.ip("a", "address", "add", "10.77.0.101/24", "dev", "lan")
    assert tunnel.nsd.dig("b", "10.77.0.101", 5354, "host6", "TXT") == '"this is host 6"\n'


def test_dnsperf_gets_every_query_answered(tunnel):
    queries = tunnel.workspace.folder("dnsperf") + "/queries"
    with open(queries, "w", encoding="utf-8") as out:
        for number in range(nsd.NAMES):
            out.write(f"host{number}.{nsd.ZONE} {('A', 'AAAA', 'TXT')[number % 3]}\n")
    done = tunnel.network.run("a", "dnsperf", "-s", "127.0.0.1", "-p", "5353", "-d", queries, "-n", "20", "-c", "20",
                              "-q", "100", "-t", "5", timeout=120)
    print(done.stdout)
    sent = int(re.search(r"Queries sent:\s+(\d+)", done.stdout)[1])
    completed = int(re.search(r"Queries completed:\s+(\d+)", done.stdout)[1])
    assert sent == completed == 20 * nsd.NAMES
    assert f"NOERROR {sent} (100.00%)" in done.stdout


def test_channel_shows_both_principals(tunnel):
    channel = tunnel.a.channels("dns")[0]
    assert channel["local_principal"] == "dns/branch.funnel.test@FUNNEL.TEST"
    assert channel["remote_principal"] == "dns/hoster.funnel.test@FUNNEL.TEST"
