"""From where the backend is reached: a fixed address, ports of a range, or the client's own address, for which the backend's answers
are routed back through the node.

    branch (a)                                 hoster (b)                                             d
    clients at 10.99.0.7, fd99::7     ======== 10.77.5.1, fd75::1 ------------------------ 10.77.5.2, fd75::2
      -> 10.99.0.1:PORT, [fd99::1]:PORT        also 10.77.5.50 and .51                     says from where it was asked; default route: b
"""
import re
import subprocess
import sys

import pytest

import lab
from lab.backends.program import start_program

PORT = 7100
BACKEND, BACKEND6 = f"10.77.5.2:{PORT}", f"[fd75::2]:{PORT}"
HERE, HERE6 = "10.99.0.1", "fd99::1"
CLIENT, CLIENT6 = "10.99.0.7", "fd99::7"
FIXED, OTHER = "10.77.5.50", "10.77.5.51"
CHECKED = {"check-every": "200ms", "check-timeout": "200ms"}


def service(name, protocol, port, source, backend=BACKEND, here=HERE, **more):
    listen = f"[{here}]:{port}" if ":" in here else f"{here}:{port}"
    return lab.Service(name, protocol, (listen,), backend, connect_section={"source": source, **more})


FIXED_TCP = service("fixed-tcp", "tcp", 7001, FIXED, check="connect", **CHECKED)
FIXED_UDP = service("fixed-udp", "udp", 7002, FIXED)
RANGE_TCP = service("range-tcp", "tcp", 7003, f"{FIXED}:21000-21001")
RANGE_UDP = service("range-udp", "udp", 7004, "*:22000-22001")
CLEAR_TCP = service("clear-tcp", "tcp", 7005, "transparent", check="connect", **CHECKED)
CLEAR_UDP = service("clear-udp", "udp", 7006, "transparent", check="text:x", **CHECKED, **{"source-port": "same"})
CLEAR6_TCP = service("clear6-tcp", "tcp", 7007, "transparent", BACKEND6, HERE6)
CLEAR6_UDP = service("clear6-udp", "udp", 7008, "transparent", BACKEND6, HERE6)
MIXED_TCP = service("mixed-tcp", "tcp", 7009, "transparent", BACKEND, HERE6)
RIGHTLESS = service("rightless", "tcp", 7010, "transparent")
SERVICES = [FIXED_TCP, FIXED_UDP, RANGE_TCP, RANGE_UDP, CLEAR_TCP, CLEAR_UDP, CLEAR6_TCP, CLEAR6_UDP, MIXED_TCP, RIGHTLESS]
TRANSPARENT = [CLEAR_TCP, CLEAR_UDP, CLEAR6_TCP, CLEAR6_UDP, MIXED_TCP]

# As funnel.conf(5) has them.
RULES = """
table inet funnel {
    chain from-backends {
        type filter hook prerouting priority mangle
        socket transparent 1 meta mark set 1
    }
}
"""
ROUTES = [f"{family} {command}" for family in ("-4", "-6")
          for command in ("rule add fwmark 1 lookup 100", "route add local default dev lo table 100")]

# Reads lines `PROTOCOL SOURCE PORT`, connects or asks, and says what came, or what went wrong. `drop` resets the last connection.
CLIENTS = """
import socket, struct, sys
held = []
for line in sys.stdin:
    if line.strip() == "drop":
        held.pop().close()
        print("dropped", flush=True)
        continue
    protocol, source, here, port = line.split()
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    link = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, kind)
    link.settimeout(10 if protocol == "tcp" else 3)
    if protocol == "tcp":
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    try:
        link.bind((source, 0)); link.connect((here, int(port)))
        if protocol == "udp": link.send(b"which")
        said = link.recv(100).decode().strip() or "end"
        print(said, *(["port", link.getsockname()[1]] if protocol == "udp" else []), flush=True)
        held.append(link)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


class Clients:
    """Programs at the branch, whose connections and flows stay until the end."""

    def __init__(self, tunnel):
        self._process = tunnel.network.popen("a", sys.executable, "-uc", CLIENTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, service, source=None):
        here = HERE6 if "[" in service.listen[0] else HERE
        return self._say(f"{service.protocol} {source or (CLIENT6 if ':' in here else CLIENT)} {here} {service.port()}")

    def drop(self):
        assert self._say("drop") == "dropped"

    def _say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.communicate()


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel(SERVICES)
    network = made.network
    network.add_host("d", "b", "10.77.5.2", "10.77.5.1")
    for address in (FIXED, OTHER):
        network.ip("b", "address", "add", address + "/24", "dev", "to-d")
    network.ip("b", "address", "add", "fd75::1/64", "dev", "to-d", "nodad")
    network.ip("d", "address", "add", "fd75::2/64", "dev", "lan", "nodad")
    network.ip("d", "route", "add", "default", "via", "fd75::1")
    for address in (HERE + "/32", CLIENT + "/32", HERE6 + "/128", CLIENT6 + "/128"):
        network.ip("a", "address", "add", address, "dev", "lo")
    network.run("b", "nft", "-f", "-", input=RULES)
    for line in ROUTES:
        network.ip("b", *line.split())

    backends = [start_program(network, "d", "seen_sources", address, PORT) for address in ("10.77.5.2", "fd75::2")]
    for service in TRANSPARENT:
        made.b.edge_options[service.name] = ["--capability=net_raw"]
    made.prepare().start()
    yield made.wait_up()
    for backend in backends:
        backend.kill()
        backend.communicate()


@pytest.fixture
def clients(tunnel):
    with Clients(tunnel) as started:
        yield started


def counter(tunnel, service, name):
    return tunnel.b.counters(service.unit)[name]


@pytest.mark.parametrize("service", [FIXED_TCP, FIXED_UDP], ids=lambda one: one.name)
def test_the_backend_sees_the_fixed_address(clients, service):
    assert clients.ask(service).split()[0] == FIXED


@pytest.mark.parametrize("service", [FIXED_TCP, FIXED_UDP], ids=lambda one: one.name)
def test_a_reload_is_for_new_sessions(tunnel, clients, service):
    with tunnel.b.service_changed(service.name, f"source = {FIXED}", f"source = {OTHER}"):
        assert clients.ask(service).split()[0] == OTHER
    assert clients.ask(service).split()[0] == FIXED
    with tunnel.b.service_changed(service.name, f"source = {FIXED}", "source = any"):
        assert clients.ask(service).split()[0] == "10.77.5.1"


def test_an_address_that_the_node_does_not_have_serves_nobody(tunnel, clients):
    with tunnel.b.service_changed(FIXED_TCP.name, f"source = {FIXED}", "source = 10.77.5.99"):
        assert clients.ask(FIXED_TCP) == "ConnectionResetError"
        assert counter(tunnel, FIXED_TCP, "sources_not_had") == 1
        tunnel.b.wait_logged("source-not-had", "source: 10.77.5.99: Cannot assign requested address", daemon=FIXED_TCP.unit)
        assert "fixed-tcp: nothing has gone out from source = 10.77.5.99 for" in tunnel.b.funnelctl("status").stdout
    assert clients.ask(FIXED_TCP).split()[0] == FIXED
    assert "nothing has gone out" not in tunnel.b.funnelctl("status").stdout


def test_a_connection_beyond_the_range_is_refused(tunnel, clients):
    assert [clients.ask(RANGE_TCP) for _ in range(2)] == [f"{FIXED} 21000", f"{FIXED} 21001"]
    assert clients.ask(RANGE_TCP) == "ConnectionResetError"
    assert counter(tunnel, RANGE_TCP, "source_ports_used_up") == 1
    assert counter(tunnel, RANGE_TCP, "connect_failed") == 0
    tunnel.b.wait_logged("source-not-had", "source: no port of 21000-21001 is free", daemon=RANGE_TCP.unit)
    clients.drop()
    seen = []

    def is_served():
        seen.append(clients.ask(RANGE_TCP))
        return seen[-1] == f"{FIXED} 21001"
    lab.wait_until(is_served, "the port that is free again serves", 20, 0.1, lambda: str(seen))


def test_a_flow_beyond_the_range_is_refused_and_the_others_go_on(tunnel, clients):
    answers = [clients.ask(RANGE_UDP) for _ in range(2)]
    assert [answer.split()[:2] for answer in answers] == [["10.77.5.1", "22000"], ["10.77.5.1", "22001"]]
    assert clients.ask(RANGE_UDP) == "TimeoutError"
    assert counter(tunnel, RANGE_UDP, "source_ports_used_up") >= 1
    assert counter(tunnel, RANGE_UDP, "backends_went_down") == 0
    tunnel.b.wait_logged("source-not-had", "source: no port of 22000-22001 is free", daemon=RANGE_UDP.unit)


@pytest.mark.parametrize("service, client", [(CLEAR_TCP, CLIENT), (CLEAR_TCP, HERE), (CLEAR6_TCP, CLIENT6)])
def test_the_backend_sees_the_clients_own_address(clients, service, client):
    assert clients.ask(service, client).split()[0] == client


@pytest.mark.parametrize("service, client", [(CLEAR_UDP, CLIENT), (CLEAR6_UDP, CLIENT6)])
def test_the_backend_sees_whose_a_datagram_is(clients, service, client):
    address, port, _, own_port = clients.ask(service, client).split()
    assert address == client
    # source-port = same
    assert (port == own_port) == (service is CLEAR_UDP)


def test_an_address_of_another_family_is_refused(tunnel, clients):
    assert clients.ask(MIXED_TCP) == "ConnectionResetError"
    assert counter(tunnel, MIXED_TCP, "sources_not_had") == 1
    tunnel.b.wait_logged("source-not-had", f"source: {CLIENT6} and 10.77.5.2 are of two families", daemon=MIXED_TCP.unit)


@pytest.mark.parametrize("service, refusal", [(CLEAR_TCP, "ConnectionResetError"), (CLEAR_UDP, "TimeoutError")], ids=["tcp", "udp"])
def test_who_may_not_be_stated_is_refused(tunnel, clients, service, refusal):
    before = counter(tunnel, service, "clients_not_allowed")
    with tunnel.b.service_changed(service.name, "[connect]", "client-networks = 192.0.2.0/24\n[connect]"):
        assert clients.ask(service) == refusal
        assert counter(tunnel, service, "clients_not_allowed") > before
        tunnel.b.wait_logged(f"client-not-allowed: client-networks does not allow {CLIENT}", daemon=service.unit)
    assert clients.ask(service).split()[0] == CLIENT


def test_without_the_right_nobody_is_served_from_another_address(tunnel, clients):
    """The unit has it (tests/unit/generator); this edge runs as a plain user."""
    assert clients.ask(RIGHTLESS) == "ConnectionResetError"
    assert counter(tunnel, RIGHTLESS, "sources_not_had") == 1
    tunnel.b.wait_logged("source-not-had", "CAP_NET_RAW: Operation not permitted", daemon=RIGHTLESS.unit)


@pytest.mark.parametrize("service", [FIXED_TCP, CLEAR_TCP, CLEAR_UDP], ids=lambda one: one.name)
def test_checks_have_an_address_of_the_node(tunnel, clients, service):
    clients.ask(service)
    before, failed = (counter(tunnel, service, name) for name in ("backend_checks", "backend_checks_failed"))
    lab.wait_until(lambda: counter(tunnel, service, "backend_checks") >= before + 3, "three checks", 20, 0.1, tunnel.b.describe)
    assert counter(tunnel, service, "backend_checks_failed") == failed


def test_what_was_set_is_shown(tunnel):
    for service in (FIXED_TCP, RANGE_TCP, RANGE_UDP, CLEAR_UDP):
        shown = tunnel.b.funnelctl("show", service.name).stdout
        assert re.search(rf"^ *\[connect\] +source +{re.escape(service.connect_section['source'])} ", shown, re.MULTILINE), shown


def test_a_backend_that_cannot_be_reached_from_there_is_a_mistake(tunnel):
    path = tunnel.b.service_path(FIXED_TCP.name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(f"source = {FIXED}", "source = fd75::1"))
        assert f"source: {BACKEND} is an IPv4 address, and this one of IPv6" in tunnel.b.refused("check")[0]
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
