"""Two links between the nodes: the one in use is pulled under load, and put back.

    branch (a)                                           hoster (b)
    dig, bulk -> funnel ==== lan 10.77.0.0/24 ==== funnel -> nsd, bulk serve
                        ==== alt 10.78.0.0/24 ====
"""
import time

import pytest

import lab
from conftest import SANITIZED
from lab import traffic
from lab.base import write_file
from lab.measure import read_counters
from lab.netns import ADDRESSES

ALT = {"a": "10.78.0.1", "b": "10.78.0.2"}
DEVICES = {ADDRESSES["b"]: "lan", ALT["b"]: "alt"}
MIB = 1 << 20
STALL = 3000 if SANITIZED else 1000  # milliseconds


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = [lab.dns_service(), lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")]
    made = make_tunnel(services, with_nsd=True, connect_peer=lab.Peer(connect="hoster.sites.test:9899"),
                       settings={"sctp": {"path-probe": "500ms"}})
    made.network.add_link("alt", ALT["a"], ALT["b"])
    for node in (made.a, made.b):
        node.settings["sctp"]["listen"] = [ADDRESSES[node.letter], ALT[node.letter]]
    made.prepare()
    hosts = made.workspace.folder("names") + "/hosts"
    write_file(hosts, "".join(f"{address} hoster.sites.test\n" for address in DEVICES))
    made.a["funnel-sctpd"].prefix = ["unshare", "--mount", "--", "sh", "-c",
                                     f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
    made.start()
    with traffic.Server(made, "bulk", "127.0.0.1:7101"):
        yield made.wait_up()


def paths(node):
    """{host: state} of a node's one association."""
    listed = node.status()["sctpd"]["associations"][0]["paths"]
    return {one["address"].rpartition(":")[0]: one["state"] for one in listed}


def in_use(node):
    return next(host for host, state in paths(node).items() if state == "active")


def wait_both_work(tunnel):
    lab.wait_until(lambda: sorted(paths(tunnel.a).values()) == ["active", "reachable"], "both paths work", 20, 0.05,
                   tunnel.describe)


def counters(node):
    return read_counters(f"{node.run}/counters/funnel-sctpd")


@pytest.fixture
def pulled(tunnel):
    """A function that pulls the link in use; whole again afterwards."""
    cut = []

    def pull():
        cut.append(DEVICES[in_use(tunnel.a)])
        tunnel.network.cut(device=cut[0])
        return cut[0]
    wait_both_work(tunnel)
    yield pull
    for device in cut:
        tunnel.network.cut(on=False, device=device)


@pytest.mark.alone
def test_requests_stall_by_less_than_a_second_and_none_is_lost(tunnel, pulled):
    before = in_use(tunnel.a)
    load = traffic.start_dns_load(tunnel, 5353, 1200, 200)
    began = time.monotonic()
    lab.wait_until(lambda: time.monotonic() - began > 2, "the load has run for a while", 5, 0.05)
    device = pulled()
    said = traffic.result(load)
    print(f"{device} pulled at 200 requests/s: the latest answer took {said['milliseconds'][-1]:.0f} ms")
    assert said["answered"] == said["sent"] == 1200 and said["wrong"] == 0, said
    assert 100 < said["milliseconds"][-1] < STALL
    assert in_use(tunnel.a) != before
    tunnel.a.wait_logged("path-moved", f"from {before}:9899", daemon="funnel-sctpd")
    for node in (tunnel.a, tunnel.b):
        assert counters(node)["associations_lost"] == 0
    association = tunnel.a.status()["sctpd"]["associations"][0]
    assert association["last_move"].startswith(f"from {before}:9899 (udp) to ") and association["moved"]
    lab.wait_until(lambda: paths(tunnel.a)[before] == "silent", "the pulled path shows", 10, 0.05, tunnel.describe)


@pytest.mark.volume
@pytest.mark.alone
def test_transfer_goes_on_with_equal_content(tunnel, pulled):
    size = 600 * MIB
    moved = counters(tunnel.b)["bytes_in"]
    load = traffic.start_dns_load(tunnel, 5353, 1000, 100)
    client = traffic.start_client(tunnel, "bulk", "127.0.0.1:7001", "--up", size, "--down", 1000, "--timeout", 120)
    lab.wait_until(lambda: counters(tunnel.b)["bytes_in"] - moved > 20 * MIB, "the transfer is under way", 20, 0.01,
                   tunnel.describe)
    pulled()
    assert client.poll() is None
    said = traffic.result(client)
    assert said["done"] == 1 and said["unfinished"] == 0, said
    assert counters(tunnel.b)["associations_lost"] == 0
    answers = traffic.result(load)
    print(f"during bulk the latest answer took {answers['milliseconds'][-1]:.0f} ms")
    assert answers["answered"] == answers["sent"] and answers["wrong"] == 0, answers
    assert answers["milliseconds"][-1] < STALL


def test_better_path_is_used_again(tunnel, pulled):
    best = tunnel.a.status()["sctpd"]["associations"][0]["paths"]
    moves = counters(tunnel.a)["sctp_peers_moved"]
    assert len(best) == 2 and all(one["srtt_ms"] < 1000 for one in best)
    before = in_use(tunnel.a)
    device = pulled()
    lab.wait_until(lambda: in_use(tunnel.a) != before, "the other path is used", 20, 0.05, tunnel.describe)
    tunnel.network.cut(on=False, device=device)
    wait_both_work(tunnel)
    tunnel.network.cut(device=device)  # for the fixture
    lab.wait_until(lambda: counters(tunnel.a)["sctp_peers_moved"] > moves, "the move is counted", 5, 0.05)
    shown = tunnel.a.funnelctl("status").stdout
    assert f"path {before}:9899 (udp): " in shown and "moved " in shown
