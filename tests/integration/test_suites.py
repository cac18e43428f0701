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
from lab import suites
from lab.middle import Middle

EDGE = "funnel-udpd@dns"
BEST = suites.best()
SHARE = bytes([9] + 31 * [0]).hex()  # the base point: somebody's share
SUITE, TOLD, PROOF = "19", "28", "34"


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service()], with_nsd=True, connect_peer=lab.Peer(connect=Middle.address),
                       settings={"kerberos": {"handshake-timeout": "3s"}, "node": {"peer-suites": "3 5 2 4 1"}})
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


def write_suites(node, listed):
    with open(node.service_path("dns"), encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("suites")]
    lines.insert(lines.index("[security]") + 1, f"suites = {listed}")
    with open(node.service_path("dns"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    node.funnelctl("reload", "funnel-authd")


def doctor(tunnel):
    return tunnel.a.network.run("a", "env", f"KRB5_CONFIG={tunnel.realm.config}", tunnel.a.path("funnelctl"),
                                *tunnel.a.common_options, "doctor", check=False, timeout=120).stdout


def test_both_ends_say_which_suite_it_is(tunnel, middle):
    assert asks_dns(tunnel)
    for node in (tunnel.a, tunnel.b):
        channel = edge_channel(node)
        assert (channel["suite"], channel["suite_name"]) == (BEST, suites.NAMES[BEST])
        assert f"suite {BEST} ({suites.NAMES[BEST]})" in node.funnelctl("channels").stdout
        status = node.status()
        assert [peer["suite"] for peer in status["authd"]["peers"]] == [3 if suites.has_ml_kem() else 2]
        assert [(one["suite"], one["suite_reason"]) for one in status["services"]] == [(BEST, None)]
        said = node.funnelctl("status").stdout
        assert "proven in suite " in said and f"sealed in suite {BEST} ({suites.NAMES[BEST]})\n" in said
        assert node.counters(EDGE)["channels_in_suite_1"] == 0


def test_what_openssl_lacks_is_said_with_file_and_line(tunnel, middle):
    place = os.path.join(tunnel.a.etc, "funnel.conf") + ":"
    said = "peer-suites: this machine's OpenSSL is older than 3.5 and has no suite 3 and 5, which is left out"
    for text in (tunnel.a.funnelctl("check").stdout, tunnel.a.log("funnel-authd")):
        found = [line for line in text.splitlines() if said in line and place in line]
        assert bool(found) != suites.has_ml_kem(), text


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
    write_suites(tunnel.b, "1")
    end_edge(tunnel)
    lab.wait_until(lambda: asks_dns(tunnel), "another channel comes", 20, detail=tunnel.describe)
    channel = edge_channel(tunnel.a)
    chose = "the acceptor chose it among those offered"
    assert (channel["suite"], channel["suite_reason"]) == (1, chose)
    assert edge_channel(tunnel.b)["suite_reason"] is None
    assert f"sealed in suite 1 (rfc4121): {chose}" in tunnel.a.funnelctl("status").stdout
    assert f"sealed in suite 1 (rfc4121): {chose}" in doctor(tunnel)
    assert [one["suite_reason"] for one in tunnel.a.status()["services"]] == [chose]
    assert tunnel.a.counters(EDGE)["channels_in_suite_1"] == tunnel.b.counters(EDGE)["channels_in_suite_1"] == 1


def test_without_suite_1_who_has_no_other_is_refused_as_of_another_version(tunnel, middle):
    """As a node of version 0.1 is, whose nodes prove themselves in suite 1."""
    with open(os.path.join(tunnel.b.etc, "funnel.conf"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(tunnel.b.etc, "funnel.conf"), "w", encoding="utf-8") as file:
        file.write(text.replace("peer-suites = 3 5 2 4 1", "peer-suites = 1"))
    tunnel.b.funnelctl("reload", "funnel-authd")
    write_suites(tunnel.a, "2 4")
    end_edge(tunnel)
    tunnel.a.wait_channel("dns", "refused", deadline=30)
    assert "bad version" in tunnel.a.channels("dns")[0]["reason"]
    said = doctor(tunnel)
    assert "`suites` has no 1" in said and "bad version" in said, said
    # The association is proven again, and then it is known what the peer has.
    tunnel.a["funnel-sctpd"].kill9()
    lab.wait_until(lambda: [peer["suite"] for peer in tunnel.a.status()["authd"]["peers"]] == [1], "it proves itself in suite 1", 40,
                   detail=tunnel.describe)
    tunnel.a.wait_channel("dns", "refused", deadline=30)
    said = doctor(tunnel)
    assert "has proven itself in suite 1, which is all that nodes of version 0.1 have" in said, said
    write_suites(tunnel.a, "2 4 1")
    lab.wait_until(lambda: asks_dns(tunnel), "it is sealed in suite 1 then", 90, detail=tunnel.describe)
    assert edge_channel(tunnel.a)["suite"] == 1
