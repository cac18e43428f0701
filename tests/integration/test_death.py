"""kill -9 of any daemon on either side: its service is back by itself within 5 s of the daemon's restart. Services that
are not its own go on. A connection that was lost is reset, never closed cleanly.

    branch (a)                                            hoster (b)
    dns_load  -> funnel-udpd@dns  \\                    / funnel-udpd@dns  -> nsd
    bulk      -> funnel-tcpd@bulk  > sctpd ==== sctpd <  funnel-tcpd@bulk -> bulk serve
                 funnel-authd     /                    \\ funnel-authd
"""
import pytest

import lab
from conftest import SANITIZED
from lab import measure, traffic

MIB = 1 << 20
BACK_WITHIN = 5  # seconds after the daemon's restart
DAEMONS = ("funnel-authd", "funnel-sctpd", "funnel-udpd@dns", "funnel-tcpd@bulk")


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = [lab.dns_service(), lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")]
    made = make_tunnel(services, with_nsd=True).prepare().start()
    with traffic.Server(made, "bulk", "127.0.0.1:7101"):
        yield made.wait_up()


def dns_works(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=1", check=False) == '"this is host 5"\n'


def bulk_works(tunnel):
    said = traffic.client(tunnel, "bulk", "127.0.0.1:7001", "--up", 1000, "--down", 1000, "--timeout", 3)
    return said["done"] == 1


def wait_back(tunnel, daemon):
    """Both services work within the time, counted from the daemon's restart."""
    lab.wait_until(lambda: daemon.pid or "--lazy" in daemon.holder_options, "the holder restarts it", 5)
    lab.wait_until(lambda: dns_works(tunnel) and bulk_works(tunnel), f"all is served after {daemon.name} died",
                   BACK_WITHIN * (3 if SANITIZED else 1), 0.05, tunnel.describe)


def start_connection(tunnel, *options):
    """A bulk client whose connection stands all the way, as both edges count it."""
    def counted():
        return [node.counters("funnel-tcpd@bulk")["sessions_total"] for node in tunnel.nodes.values()]
    before = counted()
    client = traffic.start_client(tunnel, "bulk", "127.0.0.1:7001", *options)
    lab.wait_until(lambda: all(now > then for now, then in zip(counted(), before)), "the connection stands", 10,
                   detail=tunnel.describe)
    return client


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("name", DAEMONS)
def test_service_is_back_after_kill_9(tunnel, side, name):
    wait_back(tunnel, tunnel.nodes[side][name])
    daemon = tunnel.nodes[side][name]
    daemon.kill9()
    wait_back(tunnel, daemon)


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("name", ["funnel-authd", "funnel-tcpd@bulk"])
def test_dns_loses_nothing_when_a_process_not_its_own_dies(tunnel, side, name):
    wait_back(tunnel, tunnel.nodes[side][name])
    load = traffic.start_dns_load(tunnel, 5353, 600, 100)
    lab.wait_until(lambda: tunnel.nodes[side][name].pid, "it runs")
    tunnel.nodes[side][name].kill9()
    said = traffic.result(load)
    assert said["answered"] == said["sent"] == 600, (said["answered"], tunnel.describe())


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("name", ["funnel-authd", "funnel-udpd@dns"])
def test_a_running_connection_outlives_processes_not_its_own(tunnel, side, name):
    wait_back(tunnel, tunnel.nodes[side][name])
    # The pause keeps it open over the kill and the restart.
    client = start_connection(tunnel, "--up", MIB, "--down", 30 * MIB, "--pause", 2500)
    tunnel.nodes[side][name].kill9()
    said = traffic.result(client)
    assert said["done"] == 1, (said, tunnel.describe())


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("name", ["funnel-sctpd", "funnel-tcpd@bulk"])
def test_a_lost_connection_is_reset_and_never_ends_cleanly(tunnel, side, name):
    wait_back(tunnel, tunnel.nodes[side][name])
    client = start_connection(tunnel, "--down", 200 * MIB, "--pause", 1000, "--timeout", 20)
    tunnel.nodes[side][name].kill9()
    said = traffic.result(client)
    assert said["done"] == 0 and said["unfinished"] == 0, (said, tunnel.describe())
    assert any("reset" in error for error in said["errors"]), said


def test_all_in_turn_under_load(tunnel):
    load = traffic.start_dns_load(tunnel, 5353, 6000 if not SANITIZED else 3000, 100)
    for side in ("a", "b"):
        for name in DAEMONS:
            daemon = tunnel.nodes[side][name]
            if daemon.pid:
                daemon.kill9()
            wait_back(tunnel, daemon)
    said = traffic.result(load, 120)
    assert said["wrong"] == 0 and said["answered"] > said["sent"] / 3, said


def test_nothing_leaks_in_those_who_live_on(make_tunnel):
    """A hundred deaths of each edge: descriptors and memory of authd and sctpd stay what they were."""
    rounds = 10 if SANITIZED else 100
    services = [lab.dns_service(), lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")]
    tunnel = make_tunnel(services, with_nsd=True)
    for node in tunnel.nodes.values():
        node.restart_delay = 0.02
    tunnel.prepare().start()
    with traffic.Server(tunnel, "bulk", "127.0.0.1:7101"):
        tunnel.wait_up()
        watched = [node[name] for node in tunnel.nodes.values() for name in ("funnel-authd", "funnel-sctpd")]

        def one_round():
            for node in tunnel.nodes.values():
                for name in ("funnel-udpd@dns", "funnel-tcpd@bulk"):
                    if node[name].pid:
                        node[name].kill9()
            lab.wait_until(lambda: dns_works(tunnel) and bulk_works(tunnel), "all is served again", 15, 0.01,
                           tunnel.describe)

        def counted():
            return {(daemon.pid, daemon.name): (measure.descriptors(daemon.pid), measure.resident_kib(daemon.pid))
                    for daemon in watched}
        for _ in range(5):
            one_round()
        before = counted()
        for _ in range(rounds):
            one_round()
        lab.wait_until(lambda: all(counted()[key][0] <= count + 4 for key, (count, _) in before.items()),
                       "descriptors are back to what they were", 15, 0.2, lambda: f"{before}\n{counted()}")
        after = counted()
        print(before, after)
        for key, (_, kib) in before.items():
            assert after[key][1] - kib < (4096 if not SANITIZED else 65536), (key, kib, after[key])
