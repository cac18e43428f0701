"""Both nodes offer services to each other over one association, also when both of them connect.

    branch (a)                                                hoster (b)
    flows client -> funnel-udpd@out   ====== stream 7 =====>  flows serve :7102
    flows serve :7103  <============= even streams ========   funnel-udpd@back  <- flows client
"""
import pytest

import lab
from lab import traffic
from lab.netns import ADDRESSES

PINNED = 7


@pytest.fixture(scope="module", params=["one connects", "both connect"])
def tunnel(make_tunnel, request):
    services = [lab.Service("out", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102", listen_service={"stream": PINNED}),
                lab.Service("back", "udp", ("127.0.0.1:7003",), "127.0.0.1:7103", at="b")]
    made = make_tunnel(services)
    if request.param == "both connect":
        made.peers["b"] = lab.Peer(connect=ADDRESSES["a"])
    made.prepare().start()
    with traffic.Server(made, "flows", "127.0.0.1:7102"), traffic.Server(made, "flows", "127.0.0.1:7103", node="a"):
        yield made.wait_up()
    for node in made.nodes.values():
        node.stop()


def require_echo(tunnel, address, node):
    said = traffic.client(tunnel, "flows", address, "--flows", 50, "--rounds", 3, "--timeout", 30, node=node)
    assert said["answered"] == said["asked"] == 150 and said["wrong"] == said["moved"] == 0, said


def test_services_go_both_ways_at_once(tunnel):
    require_echo(tunnel, "127.0.0.1:7002", "a")
    require_echo(tunnel, "127.0.0.1:7003", "b")


def test_there_is_one_association(tunnel):
    for node in (tunnel.a, tunnel.b):
        lab.wait_until(lambda node=node: [one["state"] for one in node.status()["sctpd"]["associations"]] == ["up"],
                       "exactly one association", 15, 0.1, tunnel.describe)


def test_pinned_stream_is_used(tunnel):
    assert tunnel.a.channels("out")[0]["stream"] == PINNED
    assert tunnel.b.channels("out")[0]["stream"] == PINNED
    # The lower node name (branch) opens odd streams, the other one even ones.
    assert tunnel.b.channels("back")[0]["stream"] % 2 == 0


def test_services_are_back_after_either_sctpd_dies(tunnel):
    for node in (tunnel.a, tunnel.b):
        node["funnel-sctpd"].kill9()
        tunnel.wait_up(deadline=30)
        require_echo(tunnel, "127.0.0.1:7002", "a")
        require_echo(tunnel, "127.0.0.1:7003", "b")
