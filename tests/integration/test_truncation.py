"""A part of a connection that somebody on the path took away is missed, and the connection is reset: truncation never
looks like a clean end.

    branch (a)                                                     hoster (b)
    bulk client -> funnel -> 127.0.0.1:9800 middle ==== lan ==== funnel -> bulk serve
"""
import pytest

import lab
from lab import traffic
from lab.middle import Middle


@pytest.mark.volume
def test_reliable_frame_that_was_destroyed_resets_its_connection(make_tunnel):
    """It is missed within 60 s (man/funnel-protocol.7), and the service goes on afterwards."""
    bulk = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
    tunnel = make_tunnel([bulk], connect_peer=lab.Peer(connect=Middle.address)).prepare()
    middle = Middle(tunnel)
    try:
        tunnel.start().wait_up()
        with traffic.Server(tunnel, "bulk", "127.0.0.1:7101"):
            # The answer and its end, in one packet.
            middle.order("alter", way="ba", at=-1, reliable=True)
            said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--down", 1000, "--timeout", 150)
            assert middle.answer() == {"done": "alter"}
            assert said["done"] == 0 and said["unfinished"] == 0, (said, tunnel.describe())
            assert any("reset" in error for error in said["errors"]), said
            lab.wait_until(lambda: traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--down", 1000)["done"] == 1,
                           "the service is back", 30, detail=tunnel.describe)
    finally:
        middle.stop()
