"""Tickets that end soon: the channel changes its keys before its context ends, again and again, without
losing a query and without a new channel.

    branch (a)                               hoster (b)
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
                 |                                      |
               authd ------------- KDC -------------- authd
"""
import pytest

import lab

LIFETIME_SECONDS = 30
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
