"""Tickets that end soon, and keys that wear out soon: the channel changes its keys before that, again and again, without losing a
query and without a new channel. Where it cannot it ends, in order.

    branch (a)                               hoster (b)
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
                 |                                      |
               authd ------------- KDC -------------- authd
"""
import pytest

import lab
from lab import traffic

EDGE = "funnel-udpd@dns"
LIFETIME_SECONDS = 30
# The least that key-frames may be; a new key is due at half of it, and a query is two frames.
KEY_FRAMES = 1024
REKEYS = 2


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service()], with_nsd=True, lifetime=f"{LIFETIME_SECONDS}s")
    return made.prepare().start().wait_up()


def test_keys_change_while_queries_are_answered(tunnel):
    def asked_and_changed():
        answer = tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=2", "+tries=1", check=False)
        assert answer == '"this is host 5"\n', tunnel.describe()
        return all(node.counters("funnel-udpd@dns")["rekeys"] >= REKEYS for node in tunnel.nodes.values())

    lab.wait_until(asked_and_changed, f"{REKEYS} rekeys at both ends", LIFETIME_SECONDS * (REKEYS + 1), 0.1,
                   tunnel.describe)
    for node in tunnel.nodes.values():
        counted = node.counters("funnel-udpd@dns")
        assert counted["channels_opened"] == 1 and counted["rekeys_failed"] == 0, tunnel.describe()
        assert counted["frames_forged"] == 0 and counted["frames_wrong_epoch"] == 0, tunnel.describe()


@pytest.fixture(scope="module")
def worn(make_tunnel):
    limit = {"key-frames": KEY_FRAMES}
    made = make_tunnel([lab.dns_service(listen_service=limit, connect_service=limit)], with_nsd=True)
    return made.prepare().start().wait_up()


def test_keys_change_before_they_wear_out(worn):
    traffic.dns_load(worn, 5353, KEY_FRAMES, 400)
    lab.wait_until(lambda: all(node.counters(EDGE)["rekeys"] >= 2 for node in worn.nodes.values()), "rekeys at both ends", 10,
                   detail=worn.describe)
    for node in worn.nodes.values():
        counted = node.counters(EDGE)
        assert counted["channels_opened"] == 1 and counted["keys_worn_out"] == counted["rekeys_failed"] == 0, worn.describe()


def test_a_channel_whose_key_wears_out_ends_in_order(worn):
    """Without funnel-authd there is no new one."""
    worn.b["funnel-authd"].stop()
    traffic.dns_load(worn, 5353, KEY_FRAMES, 400)
    reason = "a key has been used as much as it may be, and no new one was agreed on"
    for node in worn.nodes.values():
        node[EDGE].wait_logged(f"channel-ended: security context expired: {reason}")
    counted = [node.counters(EDGE) for node in worn.nodes.values()]
    assert sum(one["keys_worn_out"] for one in counted) >= 1, worn.describe()
    assert all(one["channels_truncated"] == 0 and one["channels_ended"] == 1 for one in counted), worn.describe()
    worn.b["funnel-authd"].start()
    lab.wait_until(lambda: worn.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=2", "+tries=1", check=False)
                   == '"this is host 5"\n', "another channel comes", 60, detail=worn.describe)
