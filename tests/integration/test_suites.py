"""Channels between nodes of this version are sealed so that a keytab which is lost later opens nothing that was recorded; and
nobody on the path talks the two ends out of it.

    branch (a)                                            hoster (b)
    dig -> funnel-udpd@dns -+ 127.0.0.1:9800 middle =====+-> funnel-udpd@dns -> nsd
"""
import json
import os
import signal

import pytest

import lab
from lab.middle import Middle

EDGE = "funnel-udpd@dns"
BEST = 2
SHARE = bytes([9] + 31 * [0]).hex()  # the base point: somebody's share
SUITE, TOLD, PROOF = "19", "28", "34"


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service()], with_nsd=True, connect_peer=lab.Peer(connect=Middle.address),
                       settings={"kerberos": {"handshake-timeout": "3s"}})
    return made.prepare()


@pytest.fixture(scope="module")
def middle(tunnel):
    made = Middle(tunnel)
    tunnel.start().wait_up("dns")
    yield made
    made.stop()


def asks_dns(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=2", "+tries=1", check=False) == '"this is host 5"\n'


def edge_channel(node):
    return next(one["edge"] for one in json.loads(node.funnelctl("channels", "--json").stdout) if one["edge"])


def end_edge(tunnel):
    """The channel ends in order, and the next one is opened as soon as the edge runs again."""
    edge = tunnel.a[EDGE]
    ends = len(edge.exits)
    os.kill(edge.pid, signal.SIGTERM)
    lab.wait_until(lambda: len(edge.exits) > ends, "it ends", 10, detail=tunnel.describe)


def test_both_ends_say_which_suite_it_is(tunnel, middle):
    assert asks_dns(tunnel)
    for node in (tunnel.a, tunnel.b):
        channel = edge_channel(node)
        assert (channel["suite"], channel["suite_name"]) == (BEST, "x25519-aes256gcm")
        assert f"suite {BEST} (x25519-aes256gcm)" in node.funnelctl("channels").stdout
        assert [peer["suite"] for peer in node.status()["authd"]["peers"]] == [BEST]
        assert f"proven in suite {BEST}" in node.funnelctl("status").stdout


@pytest.mark.parametrize("changes", [{SUITE: "0001"}, {SUITE: "0001", TOLD: None}, {SUITE: "0004"}, {TOLD: SHARE}, {TOLD: None},
                                     {PROOF: 48 * "00"}, {PROOF: None}],
                         ids=["suite-1", "suite-1-without-share", "suite-4", "other-share", "no-share", "other-proof", "no-proof"])
def test_an_altered_answer_gives_no_key(tunnel, middle, changes):
    failed = tunnel.a.counters("funnel-authd")["handshakes_failed"]
    middle.order("fields", frame="opened", way="ba", set=changes)
    end_edge(tunnel)
    assert middle.answer() == {"done": "fields"}
    lab.wait_until(lambda: tunnel.a.counters("funnel-authd")["handshakes_failed"] > failed, "the answer is refused", 10,
                   detail=tunnel.describe)
    # Only that channel: the next one is sealed as it should be.
    lab.wait_until(lambda: asks_dns(tunnel), "another channel comes", 20, detail=tunnel.describe)
    assert edge_channel(tunnel.a)["suite"] == BEST


@pytest.mark.parametrize("changes", [{"3": "0001"}, {"3": "000400020001"}, {"24": SHARE}, {"24": None}, {"3": "0001", "24": None}],
                         ids=["suite-1", "other-order", "other-share", "no-share", "as-0.1.0"])
def test_an_altered_offer_is_refused(tunnel, middle, changes):
    refused = tunnel.b.counters("funnel-authd")["refused_here"]
    middle.order("fields", frame="open", way="ab", set=changes)
    end_edge(tunnel)
    assert middle.answer() == {"done": "fields"}
    lab.wait_until(lambda: tunnel.b.counters("funnel-authd")["refused_here"] > refused, "it is refused", 10, detail=tunnel.describe)
    lab.wait_until(lambda: asks_dns(tunnel), "another channel comes", 20, detail=tunnel.describe)
    assert edge_channel(tunnel.a)["suite"] == BEST


def test_an_answer_as_of_version_0_1_0_gets_no_payload(tunnel, middle):
    """Nothing in it shows that it was altered. The two ends have different keys then, and the initiator tries with CONFIRM alone."""
    before = tunnel.a.counters(EDGE)
    middle.order("fields", frame="opened", way="ba", set={SUITE: "0001", TOLD: None, PROOF: None})
    end_edge(tunnel)
    assert middle.answer() == {"done": "fields"}
    assert not asks_dns(tunnel)
    tunnel.a[EDGE].wait_logged("the far end does not confirm the handshake", 15)
    after = tunnel.a.counters(EDGE)
    assert after["channels_truncated"] > before["channels_truncated"] or before["channels_truncated"] == 0
    lab.wait_until(lambda: tunnel.b.counters(EDGE)["frames_forged"] >= 1, "b could not open it", 5, detail=tunnel.describe)
    assert tunnel.b.counters(EDGE)["frames_forged"] == 1, "one frame, with CONFIRM and nothing else"
    lab.wait_until(lambda: asks_dns(tunnel), "another channel comes", 20, detail=tunnel.describe)
    assert edge_channel(tunnel.a)["suite"] == BEST


def test_one_end_alone_can_choose_suite_1(tunnel, middle):
    path = tunnel.b.service_path("dns")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("[security]\n", "[security]\nsuites = 1\n"))
    tunnel.b.funnelctl("reload", "funnel-authd")
    end_edge(tunnel)
    lab.wait_until(lambda: asks_dns(tunnel), "another channel comes", 20, detail=tunnel.describe)
    channel = edge_channel(tunnel.a)
    assert (channel["suite"], channel["suite_reason"]) == (1, "the acceptor chose it among those offered")
    assert edge_channel(tunnel.b)["suite_reason"] is None
