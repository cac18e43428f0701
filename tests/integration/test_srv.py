"""The peer is found by its SRV records at a real name server: by priority, the next one when one is lost, and the better one
again when it is back, at a moment when nobody notices.

    branch (a)                                         hoster (b)
    nsd :53  <- resolver of funnel-sctpd
    dig -> funnel ===== 10.77.0.2:9899  priority 10 ===== funnel -> nsd :5300
                  ===== 10.77.0.12:9899 priority 20 =====
"""
import os
import time

import pytest

import lab
from lab import nsd, traffic
from lab.base import write_file
from lab.measure import read_counters
from lab.netns import ADDRESSES

DOMAIN = "sites.test"
SPARE = "10.77.0.12"
DEAD = 3  # seconds
HEAD = f"$ORIGIN {DOMAIN}.\n$TTL 1\n@ SOA ns hostmaster 1 3600 900 604800 1\n@ NS ns\nns A 127.0.0.1\n"
MAIN_FIRST = HEAD + f"""\
main A {ADDRESSES["b"]}
spare A {SPARE}
_funnel._udp.hoster SRV 10 0 9899 main
_funnel._udp.hoster SRV 20 0 9899 spare
_funnel._udp.closed SRV 0 0 0 .
"""


class Names:
    """The name server of namespace a, and whoever shall use it."""

    def __init__(self, tunnel, text):
        self.tunnel = tunnel
        tunnel.network.run("a", "sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0")
        self.server = nsd.Nsd(tunnel.workspace, tunnel.network, "a", "names", 53, DOMAIN, text)
        self.resolv_conf = tunnel.workspace.folder("names") + "/resolv.conf"
        write_file(self.resolv_conf, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")

    def serve(self, daemon):
        daemon.prefix = ["unshare", "--mount", "--", "sh", "-c",
                         f'mount --bind {self.resolv_conf} /etc/resolv.conf && exec "$@"', "sh"]

    def publish(self, text):
        self.server.stop()
        self.server.write_zone(text)
        self.server.start()


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    over_tcp = lab.Service("dns-tcp", "tcp", ("127.0.0.1:5354",), f"127.0.0.1:{nsd.PORT}")
    made = make_tunnel([lab.dns_service(), over_tcp], with_nsd=True, connect_peer=lab.Peer(connect=f"hoster.{DOMAIN}"),
                       settings={"sctp": {"heartbeat": "500ms", "dead-peer-timeout": f"{DEAD}s", "return-interval": "1s",
                                          "switch-idle": "500ms"}})
    made.network.ip("b", "address", "add", f"{SPARE}/24", "dev", "lan")
    made.names = Names(made, MAIN_FIRST)
    made.prepare()
    made.names.serve(made.a["funnel-sctpd"])
    yield made.start().wait_up()
    made.names.server.stop()


def address(tunnel):
    return tunnel.a.status()["sctpd"]["associations"][0]["address"]


def block(tunnel, host, on=True):
    """Nothing passes to or from this address of the hoster's."""
    for direction in ("-d", "-s"):
        chain = "INPUT" if direction == "-d" else "OUTPUT"
        tunnel.network.run("b", "iptables", "-w", "-I" if on else "-D", chain, direction, host, "-j", "DROP")


def require_dns(tunnel):
    assert "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "www", "A")


def test_lowest_priority_is_taken(tunnel):
    assert address(tunnel) == f"{ADDRESSES['b']}:9899"
    require_dns(tunnel)


def test_doctor_goes_by_the_records(tunnel):
    """The name itself has no address; only its records lead to the hoster."""
    node = tunnel.a
    bind = f'mount --bind {tunnel.names.resolv_conf} /etc/resolv.conf && exec "$@"'
    done = tunnel.network.run("a", "env", f"KRB5_CONFIG={node.realm.config}", "unshare", "--mount", "--", "sh", "-c", bind,
                              "sh", node.path("funnelctl"), *node.common_options, "doctor", check=False)
    line = next(line for line in done.stdout.splitlines() if f"name: hoster.{DOMAIN}:" in line)
    assert line.startswith(("ok", "warning")) and f"main.{DOMAIN}" in line, done.stdout
    assert "path-mtu: hoster: packets of" in done.stdout


def counter(tunnel, name):
    return read_counters(os.path.join(tunnel.a.run, "counters", "funnel-sctpd"))[name]


def test_next_one_serves_within_the_dead_peer_time(tunnel):
    verified = counter(tunnel, "peers_verified")
    block(tunnel, ADDRESSES["b"])
    began = time.monotonic()
    lab.wait_until(lambda: counter(tunnel, "peers_verified") > verified, "the spare is used", 30, 0.005, tunnel.describe)
    took = time.monotonic() - began
    print(f"the preferred target fell silent: the spare one was verified after {took:.2f} s, dead-peer-timeout is {DEAD} s")
    assert address(tunnel) == f"{SPARE}:9899"
    # From the last thing heard, which is a heartbeat ago at most, and the shortest wait before connecting.
    assert took < DEAD + 1
    tunnel.wait_up()
    require_dns(tunnel)


def test_connection_without_traffic_holds_the_spare_one(tunnel):
    """The preferred target is back, but a change to it would end the connection, so the node stays."""
    connection = traffic.DnsConnection(tunnel, 5354)
    connection.ask()
    block(tunnel, ADDRESSES["b"], on=False)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert address(tunnel) == f"{SPARE}:9899"
    assert counter(tunnel, "associations_switched") == 0
    connection.ask()
    connection.close()


def test_preferred_one_serves_again_at_an_idle_moment(tunnel):
    """Requests now and then: each is asked once and answered once, whatever changes. They are farther apart than switch-idle and
    what it takes to verify the other association together; a second, on a busy machine with sanitizers, was not."""
    backend = traffic.Asked(tunnel, nsd.PORT)
    load = traffic.start_dns_load(tunnel, 5353, 12, 0.5, wait=2)
    lab.wait_until(lambda: address(tunnel) == f"{ADDRESSES['b']}:9899", "the preferred one is used", 20, 0.05, tunnel.describe)
    assert load.poll() is None, "it took longer than the requests"
    said = traffic.result(load)
    assert counter(tunnel, "associations_switched") == 1
    print(f"back on the preferred target: {said['sent']} requests, {said['answered']} answers, {said['wrong']} wrong or doubled, "
          f"{backend.count()} seen by the backend")
    assert said["sent"] == said["answered"] == backend.count() == 12 and said["wrong"] == 0
    tunnel.wait_up()


def test_records_are_looked_up_again_when_connecting_again(tunnel):
    tunnel.names.publish(MAIN_FIRST.replace("SRV 20 0 9899 spare", "SRV 5 0 9899 spare"))
    tunnel.b["funnel-sctpd"].kill9()
    lab.wait_until(lambda: address(tunnel) == f"{SPARE}:9899", "the new preference is followed", 30, 0.1,
                   tunnel.describe)
    tunnel.wait_up(deadline=30)


def test_name_server_that_is_silent_holds_up_nothing(tunnel):
    """What is up stays up and is served while a name is being asked for."""
    tunnel.names.server.stop()
    tunnel.network.run("a", "iptables", "-w", "-A", "INPUT", "-p", "udp", "--dport", "53", "-j", "DROP")
    try:
        peer = lab.Peer(connect=f"closed.{DOMAIN}")
        write_file(f"{tunnel.a.etc}/peers.d/other.ini", peer.ini(Other))
        tunnel.a["funnel-sctpd"].reload()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            require_dns(tunnel)
    finally:
        tunnel.network.run("a", "iptables", "-w", "-F", "INPUT")
        tunnel.names.server.start()


def test_service_that_is_decidedly_not_offered_says_so(tunnel):
    tunnel.a.wait_logged("resolve-failed", "says that this is not offered", daemon="funnel-sctpd", deadline=30)


class Other:
    node_name = "other.funnel.test"
