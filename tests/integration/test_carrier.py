"""Direct SCTP is tried first, and SCTP in UDP in parallel where that is silent. What worked is remembered. The return to direct
SCTP loses and repeats no request, and breaks no connection.

    branch (a)                                                          hoster (b)
    dig, dns_load, a connection -> funnel === SCTP, dropped at will ==== funnel -> nsd
                                          === SCTP in UDP, port 9899 ===
"""
import os
import time

import pytest

import lab
from lab import nsd, traffic
from lab.measure import read_counters
from lab.netns import ADDRESSES

DELAY = 0.3  # attempt-delay
COUNT, RATE = 1200, 200  # requests, and of them a second
OVER_TCP = lab.Service("dns-tcp", "tcp", ("127.0.0.1:5354",), f"127.0.0.1:{nsd.PORT}")
SCTPD = "funnel-sctpd"
SILENT = ["INPUT", "-i", "lan", "-p", "sctp", "-j", "DROP"]


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    peer = lab.Peer(connect=ADDRESSES["b"], extra={"carrier": "auto"})
    made = make_tunnel([lab.dns_service(), OVER_TCP], with_nsd=True, connect_peer=peer,
                       settings={"sctp": {"heartbeat": "500ms", "dead-peer-timeout": "3s", "path-probe": "500ms"}})
    for node in made.nodes.values():
        node.sctpd_options = ["--capability=net_raw"]
    made.prepare().start()
    return made.wait_up()


def silence_direct(tunnel, on=True):
    for letter in ("a", "b"):
        tunnel.network.run(letter, "iptables", "-w", "-I" if on else "-D", *SILENT)


def ways(tunnel):
    """The carrier that each node says it uses."""
    return [node.status()["sctpd"]["associations"][0]["carrier"] for node in tunnel.nodes.values()]


def wait_way(tunnel, carrier, deadline=20):
    lab.wait_until(lambda: ways(tunnel) == [carrier, carrier], f"both use {carrier}", deadline, 0.1, tunnel.describe)


def counters(tunnel):
    return read_counters(os.path.join(tunnel.a.run, "counters", SCTPD))


def connect_again(tunnel, forget=False):
    """Restarts funnel-sctpd at a; how long it took from its first attempt until it had a verified association."""
    tunnel.a[SCTPD].stop()
    os.unlink(os.path.join(tunnel.a.run, "counters", SCTPD))
    if forget:
        os.unlink(os.path.join(tunnel.a.folder, "state", "routes"))
    tunnel.a[SCTPD].start()
    lab.wait_until(lambda: counters(tunnel).get("connects"), "it connects", 20, 0.002, tunnel.describe)
    began = time.monotonic()
    lab.wait_until(lambda: counters(tunnel).get("associations_up"), "it is up", 20, 0.002, tunnel.describe)
    took = time.monotonic() - began
    tunnel.wait_up()
    return took


def require_served(tunnel):
    assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")
    connection = traffic.DnsConnection(tunnel, 5354)
    connection.ask()
    connection.close()


def test_direct_serves_where_it_passes(tunnel):
    assert ways(tunnel) == ["direct", "direct"]
    assert tunnel.a.status()["sctpd"]["associations"][0]["not_direct"] is None
    require_served(tunnel)


def test_udp_serves_while_direct_is_silent(tunnel):
    silence_direct(tunnel)
    took = connect_again(tunnel, forget=True)
    print(f"direct SCTP dropped: verified over UDP {1000 * took:.0f} ms after the first attempt, {1000 * DELAY:.0f} of them "
          "were direct's head start")
    assert ways(tunnel) == ["udp", "udp"]
    assert DELAY - 0.02 < took < DELAY + 1
    said = counters(tunnel)
    assert (said["connects"], said["attempts_withdrawn"], said["connects_failed"]) == (2, 1, 0), said
    assert "no answer" in tunnel.a.funnelctl("peers").stdout
    require_served(tunnel)


def test_restart_remembers_and_goes_by_udp_at_once(tunnel):
    took = connect_again(tunnel)
    print(f"remembered: verified over UDP {1000 * took:.0f} ms after the first attempt")
    assert ways(tunnel) == ["udp", "udp"]
    said = counters(tunnel)
    assert (said["connects"], said["attempts_withdrawn"]) == (1, 0), said
    assert tunnel.a.status()["sctpd"]["associations"][0]["not_direct"] == "it did not answer before the last start"
    require_served(tunnel)


def test_unreadable_memory_does_no_harm(tunnel):
    """Garbage is logged; so is a folder that cannot be written. Both nodes serve all the same."""
    routes = os.path.join(tunnel.a.folder, "state", "routes")
    tunnel.a[SCTPD].stop()
    with open(routes, "w", encoding="utf-8") as file:
        file.write("funnel-routes 1\nhoster udp somewhere\n")
    os.makedirs(routes + ".new")
    try:
        connect_again(tunnel)
        tunnel.a.wait_logged("routes-not-kept", "line 2: makes no sense", daemon=SCTPD)
        tunnel.a.wait_logged("routes-not-kept", "not written", daemon=SCTPD)
        require_served(tunnel)
    finally:
        os.rmdir(routes + ".new")


def change_under_load(tunnel, change, carrier):
    """What requests now and an open connection notice of it, in words; it is the same association that moves."""
    backend = traffic.Asked(tunnel, nsd.PORT)
    connection = traffic.DnsConnection(tunnel, 5354)
    connection.ask()
    verified = counters(tunnel)["peers_verified"]
    load = traffic.start_dns_load(tunnel, 5353, COUNT, RATE)
    change()
    began = time.monotonic()
    wait_way(tunnel, carrier)
    took = time.monotonic() - began
    assert load.poll() is None, "it took longer than the requests"
    connection.ask()
    said = traffic.result(load)
    connection.ask()
    connection.close()
    assert said["sent"] == said["answered"] == backend.count() == COUNT and said["wrong"] == 0, (said, backend.count())
    assert counters(tunnel)["peers_verified"] == verified
    return (f"by {carrier} after {took:.1f} s; {said['sent']} requests, {said['answered']} answers, {said['wrong']} doubled, "
            f"{backend.count()} seen by the backend; the slowest answer took {said['milliseconds'][-1]:.0f} ms")


def test_goes_direct_without_loss_where_that_passes_again(tunnel):
    print("direct SCTP passes again:", change_under_load(tunnel, lambda: silence_direct(tunnel, on=False), "direct"))
    assert tunnel.a.status()["sctpd"]["associations"][0]["not_direct"] is None
    with open(os.path.join(tunnel.a.folder, "state", "routes"), encoding="utf-8") as file:
        assert f"hoster direct {ADDRESSES['b']} " in file.read()


def test_goes_back_to_udp_without_loss_when_direct_falls_silent(tunnel):
    print("direct SCTP dropped:", change_under_load(tunnel, lambda: silence_direct(tunnel), "udp"))
    assert tunnel.a.status()["sctpd"]["associations"][0]["not_direct"] == "it fell silent"


def test_listening_node_serves_both_carriers_at_once(tunnel):
    """A peer gets in by direct SCTP as soon as a firewall lets that pass, and the node says what it listens on."""
    silence_direct(tunnel, on=False)
    wait_way(tunnel, "direct")
    listen = tunnel.b.status()["sctpd"]["listen"]
    assert any("(SCTP)" in one for one in listen) and any(":9899" in one for one in listen), listen
