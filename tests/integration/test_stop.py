"""SIGTERM to an edge: it says goodbye, so that the far end knows that nothing was cut off, and ends
with status 0. Started again, it serves again.

    branch (a)                               hoster (b)
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
"""
import os
import signal

import pytest

import lab

ANSWER = '"this is host 5"\n'


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service()], with_nsd=True).prepare().start().wait_up()


def serves(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=1", check=False) == ANSWER


@pytest.mark.parametrize("side", ["a", "b"])
def test_an_edge_takes_its_leave(tunnel, side):
    lab.wait_until(lambda: serves(tunnel), "it serves", 10, 0.05, tunnel.describe)
    here = tunnel.nodes[side]
    there = tunnel.nodes["b" if side == "a" else "a"]
    edge = here["funnel-udpd@dns"]
    before = there.counters("funnel-udpd@dns")
    ends = len(edge.exits)
    os.kill(edge.pid, signal.SIGTERM)
    lab.wait_until(lambda: len(edge.exits) > ends, "it ends", 5, detail=tunnel.describe)
    assert edge.exits[-1] == "status 0"
    lab.wait_until(lambda: there.counters("funnel-udpd@dns")["channels_ended"] > before["channels_ended"],
                   "the far end knows that it was in order", 5, 0.05, tunnel.describe)
    assert there.counters("funnel-udpd@dns")["channels_truncated"] == before["channels_truncated"]
    there["funnel-udpd@dns"].wait_logged("shutting down")
    lab.wait_until(lambda: serves(tunnel), "it serves again", 10, 0.05, tunnel.describe)
