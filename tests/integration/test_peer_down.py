"""While the peer is away clients get a prompt answer, never a hang, and are served again by themselves afterwards.

    branch (a)                                  hoster (b)
    dig, bulk -> funnel ====== X cut ======     funnel -> nsd, bulk serve
"""
import time

import pytest

import lab
from lab import traffic

PROMPT = 4  # seconds: connect-wait is 2


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = [lab.dns_service(), lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")]
    made = make_tunnel(services, with_nsd=True,
                       settings={"sctp": {"heartbeat": "500ms", "dead-peer-timeout": "3s"}}).prepare().start()
    with traffic.Server(made, "bulk", "127.0.0.1:7101"):
        yield made.wait_up()


def dns_works(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=1", check=False) == '"this is host 5"\n'


def require_refused(tunnel):
    """TCP: a reset within the time. UDP: nothing, and no error either."""
    began = time.monotonic()
    said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", 1000, "--down", 1000, "--timeout", 20)
    assert said["unfinished"] == 0 and said["done"] == 0, said
    assert time.monotonic() - began < PROMPT, said
    assert "timed out" in tunnel.network.run("a", "dig", "@127.0.0.1", "-p", "5353", "+tries=1", "+time=1",
                                             "www.example.test", check=False).stdout


def test_silent_link_is_noticed_reported_and_overcome(tunnel):
    """Nobody reports that the link is cut: heartbeats find out within the configured time."""
    tunnel.network.cut()
    try:
        began = time.monotonic()
        tunnel.a.wait_logged("association", "hoster", deadline=15)
        lab.wait_until(lambda: all(one["state"] != "up" for one in tunnel.a.status()["sctpd"]["associations"]),
                       "the dead peer is noticed", 15, 0.1, tunnel.describe)
        assert time.monotonic() - began < 9
        require_refused(tunnel)
    finally:
        tunnel.network.cut(on=False)
    lab.wait_until(lambda: dns_works(tunnel), "served again", 10, detail=tunnel.describe)
    assert traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", 1000, "--down", 1000)["done"] == 1
    assert tunnel.a["funnel-sctpd"].starts == tunnel.b["funnel-sctpd"].starts == 1


def test_connection_over_a_dead_link_is_reset(tunnel):
    lab.wait_until(lambda: dns_works(tunnel), "served", 10, detail=tunnel.describe)
    client = traffic.start_client(tunnel, "bulk", "127.0.0.1:7001", "--down", 1 << 30, "--timeout", 30)
    tunnel.network.cut()
    try:
        said = traffic.result(client)
    finally:
        tunnel.network.cut(on=False)
    assert said["done"] == 0 and said["unfinished"] == 0, said
    assert any("reset" in error for error in said["errors"]), said
    lab.wait_until(lambda: dns_works(tunnel), "served again", 10, detail=tunnel.describe)


def test_peer_that_is_stopped_and_started(tunnel):
    lab.wait_until(lambda: dns_works(tunnel), "served", 10, detail=tunnel.describe)
    tunnel.b.stop()
    lab.wait_until(lambda: all(one["state"] != "up" for one in tunnel.a.status()["sctpd"]["associations"]),
                   "the peer's going is noticed", 15, 0.1, tunnel.describe)
    require_refused(tunnel)
    tunnel.b.start()
    lab.wait_until(lambda: dns_works(tunnel), "served again", 15, detail=tunnel.describe)
    assert traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", 1000, "--down", 1000)["done"] == 1


def test_peer_that_comes_later(make_tunnel):
    """The branch starts alone; its ports are there, and it is served when the hoster comes."""
    tunnel = make_tunnel([lab.dns_service()], with_nsd=True).prepare()
    tunnel.a.start()
    assert not dns_works(tunnel)
    tunnel.b.start()
    lab.wait_until(lambda: dns_works(tunnel), "served", 15, detail=tunnel.describe)
