"""Hundreds of clients that read nothing: one that reads is as quick as ever, and after stuck-timeout they are gone.

    branch (a)                                   hoster (b)
    600 clients that never read, and one that does -> 127.0.0.1:7002 ====== 127.0.0.1:7102: sends without end to
                                                                            whoever says "stuck", echoes the rest
"""
import pytest

import lab
from conftest import SANITIZED
from lab import stuck_readers

STUCK = 600  # a channel has 16 MiB, and one that nobody holds back 64 KiB
SERVICE = lab.Service("stuck", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102",
                      listen_service={"stuck-timeout": "30s"})


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([SERVICE]).prepare().start()
    with stuck_readers.Backend(made, 7102):
        yield made.wait_up()


@pytest.mark.skipif(SANITIZED, reason="it measures how long a good client waits; with sanitizers that is the processors' part")
def test_readers_that_are_stuck_stop_only_themselves_and_not_for_ever(tunnel):
    seen = stuck_readers.try_clients(tunnel, 7002, STUCK, until_gone=90)
    stuck_readers.require_good_served(seen, STUCK)
    assert seen["gone"] == STUCK
    assert tunnel.a.counters(SERVICE.unit)["sessions_stuck"] == STUCK
    tunnel.a.wait_logged("stuck-timeout")
    # Each end says whose reader it was.
    assert "by the far side" not in tunnel.a[SERVICE.unit].log
    tunnel.b.wait_logged("by the far side: nothing was read for stuck-timeout", daemon=SERVICE.unit)
