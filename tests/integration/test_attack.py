"""Somebody on the path changes, repeats, moves and cuts what is carried, with right checksums: it is dropped and counted,
and never delivered.

    branch (a)                            hoster (b)
    funnel-sctpd ==== lan ==== onpath.py (10.77.0.2:9900) ==== funnel-sctpd (9899)
                               changes frames inside SCTP packets
"""
import pytest

import lab
from lab import traffic
from lab.onpath import THROUGH, OnPath

MIB = 1 << 20
TWO = lab.Service("dns-two", "udp", ("127.0.0.1:5354",), "127.0.0.1:5300")
BULK = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")


class Attacked:
    """A tunnel with somebody on its path."""

    def __init__(self, make_tunnel):
        self.tunnel = make_tunnel([lab.dns_service(), TWO, BULK], with_nsd=True, connect_peer=THROUGH)
        self.onpath = OnPath(self.tunnel)
        self.tunnel.prepare().start()

    def count(self, counter):
        """Over both ends' edges of DNS."""
        return sum(node.counters("funnel-udpd@dns").get(counter, 0) for node in self.tunnel.nodes.values())


@pytest.fixture(scope="module")
def attacked(make_tunnel):
    made = Attacked(make_tunnel)
    with traffic.Server(made.tunnel, "bulk", "127.0.0.1:7101"):
        made.tunnel.wait_up()
        yield made
    made.onpath.stop()


@pytest.fixture
def tunnel(attacked):
    attacked.onpath.let_pass()
    lab.wait_until(lambda: works(attacked.tunnel), "DNS works before the attack", 30, detail=attacked.tunnel.describe)
    yield attacked.tunnel
    attacked.onpath.let_pass()


def works(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=1", check=False) == '"this is host 5"\n'


@pytest.mark.parametrize("mode, counter", [("flip", "frames_forged"), ("random", "frames_forged"),
                                           ("cut", "frames_forged"), ("replay", "frames_replayed"),
                                           ("header", "frames_wrong_epoch")])
def test_changed_frames_are_dropped_and_counted(attacked, tunnel, mode, counter):
    """What was changed is lost, nothing wrong is delivered, and everything else is answered."""
    counted, changed = attacked.count(counter), attacked.onpath.changed
    attacked.onpath.change(mode, every=10, count=60)
    said = traffic.dns_load(tunnel, 5353, 600, 150, wait=3)
    attacked.onpath.let_pass()
    changed = attacked.onpath.changed - changed
    assert 20 <= changed <= 60, changed
    assert said["wrong"] == 0
    # A frame may hold several datagrams: up to a few are lost with one frame.
    assert said["sent"] - 3 * changed <= said["answered"] < said["sent"], said
    assert attacked.count(counter) - counted >= changed * 0.9, (counter, changed, tunnel.describe())
    assert works(tunnel)


def test_frames_of_another_channel_are_forgeries_here(attacked, tunnel):
    counted, changed = attacked.count("frames_forged"), attacked.onpath.changed
    other = traffic.start_dns_load(tunnel, 5354, 600, 150, wait=3)
    attacked.onpath.change("cross", every=10, count=60)
    said = traffic.dns_load(tunnel, 5353, 600, 150, wait=3)
    other = traffic.result(other)
    attacked.onpath.let_pass()
    assert attacked.onpath.changed > changed
    assert said["wrong"] == 0 and other["wrong"] == 0
    assert attacked.count("frames_forged") > counted


@pytest.mark.parametrize("mode", ["open", "opened"])
def test_altered_handshake_is_caught_and_the_next_one_works(attacked, tunnel, mode):
    changed = attacked.onpath.changed
    before = len(tunnel.a.failures()) + len(tunnel.a.refusals()) + attacked.count("channels_failed")
    attacked.onpath.change(mode, count=1)
    tunnel.a["funnel-udpd@dns"].kill9()  # the next one begins with a new handshake
    lab.wait_until(lambda: attacked.onpath.changed > changed, "it was altered", 15, detail=tunnel.describe)
    lab.wait_until(lambda: len(tunnel.a.failures()) + len(tunnel.a.refusals()) + attacked.count("channels_failed")
                   > before, "the altered handshake was noticed", 20, detail=tunnel.describe)
    lab.wait_until(lambda: works(tunnel), "a later handshake works", 40, detail=tunnel.describe)


def test_forged_end_of_a_channel_resets_its_connections(attacked, tunnel):
    """CLOSED is not authenticated: it can end a channel, but never look like a clean end."""
    client = traffic.start_client(tunnel, "bulk", "127.0.0.1:7001", "--down", 400 * MIB, "--timeout", 60)
    lab.wait_until(lambda: sum(attacked.onpath.counts()["frames"].values()) > 100, "it runs")
    attacked.onpath.change("close", every=50, count=1)
    said = traffic.result(client)
    assert said["done"] == 0 and said["unfinished"] == 0, said
    assert any("reset" in error for error in said["errors"]), said
    lab.wait_until(lambda: traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", 1000, "--down", 1000)["done"] == 1,
                   "the service is back", 30, detail=tunnel.describe)


@pytest.mark.volume
def test_lost_reliable_frame_never_looks_like_a_clean_end(attacked, tunnel):
    """A part that somebody took away is missed within 60 s, and the connection is reset."""
    client = traffic.start_client(tunnel, "bulk", "127.0.0.1:7001", "--down", 50 * MIB, "--timeout", 150)
    attacked.onpath.change("flip", every=30, count=1)
    said = traffic.result(client, 200)
    assert said["done"] == 0 and said["unfinished"] == 0, said
    assert any("reset" in error for error in said["errors"]), said


def test_nobody_died_of_it(attacked):
    """Run last: the only deaths were this file's own."""
    for node in attacked.tunnel.nodes.values():
        for daemon in node.daemons.values():
            assert all(how == "SIGKILL" for how in daemon.exits), (daemon.name, daemon.exits, daemon.log[-3000:])
        assert node["funnel-sctpd"].starts == 1 and node["funnel-authd"].starts == 1
