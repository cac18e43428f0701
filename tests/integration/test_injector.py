"""Somebody on the network who knows an association's addresses, ports and tags says that it ends, in bursts and in either node's
name. Nothing ends, nobody's request is lost; and what is meant is noticed at once all the same.

    branch (a)                                     hoster (b)
    dns_load -> funnel === lan, injector at a, b === funnel -> nsd
"""
import time

import pytest

import lab
from conftest import SANITIZED
from lab import traffic
from lab.injector import CLAIMS, inject, sent
from lab.measure import read_counters
from lab.netns import ADDRESSES

SCTPD = "funnel-sctpd"
COUNT, RATE = 1000, 200


@pytest.fixture(scope="module", params=["udp", "direct"])
def tunnel(request, make_tunnel):
    made = make_tunnel([lab.dns_service()], with_nsd=True,
                       connect_peer=lab.Peer(connect=ADDRESSES["b"], extra={"carrier": request.param}),
                       settings={"sctp": {"engine": "own", "heartbeat": "500ms", "dead-peer-timeout": "20s"}})
    for node in made.nodes.values():
        node.sctpd_options = ["--capability=net_raw"]
    made.prepare().start()
    made.network.no_trains()
    return made.wait_up()


def counters(node):
    return read_counters(f"{node.run}/counters/{SCTPD}")


def since(node):
    listed = node.status()["sctpd"]["associations"]
    assert len(listed) == 1, listed
    return listed[0]["since"], listed[0]["state"]


@pytest.mark.alone
@pytest.mark.parametrize("burst", [1, 30])
def test_nothing_forged_ends_an_association(tunnel, burst):
    before = [since(node) for node in tunnel.nodes.values()]
    load = traffic.start_dns_load(tunnel, 5353, COUNT, RATE)
    injectors = [inject(tunnel, letter, CLAIMS, 3, burst, 20) for letter in ("a", "b")]
    for one in injectors:
        assert all(count >= 3 * burst for count in sent(one).values())
    said = traffic.result(load)
    assert said["answered"] == said["sent"] == COUNT and said["wrong"] == 0, said
    print(f"bursts of {burst}: the latest of {COUNT} answers took {said['milliseconds'][-1]:.0f} ms")
    assert [since(node) for node in tunnel.nodes.values()] == before
    for node in tunnel.nodes.values():
        assert counters(node)["associations_lost"] == 0


@pytest.mark.alone
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_what_is_meant_is_noticed(tunnel, how):
    """Who stops says so; who was killed and is there again knows of no association. Neither takes longer than a few questions, which
    forged ends have made as long as they get."""
    lost = counters(tunnel.a)["associations_lost"]
    load = traffic.start_dns_load(tunnel, 5353, 6 * RATE, RATE)
    sent(inject(tunnel, "b", ("abort",), 8, 5, 100))
    assert counters(tunnel.a)["associations_lost"] == lost

    daemon = tunnel.b[SCTPD]
    began = time.monotonic()
    if how == "killed":
        daemon.kill9()
    else:
        daemon.stop()
    lab.wait_until(lambda: counters(tunnel.a)["associations_lost"] > lost, "the end is noticed", 15, 0.005, tunnel.describe)
    took = time.monotonic() - began
    print(f"{how}: noticed after {1000 * took:.0f} ms")
    assert took < (10 if SANITIZED else 3)
    if how == "stopped":
        daemon.start()
    traffic.result(load)
    tunnel.wait_up()
    assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")
