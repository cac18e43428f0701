"""funnelctl forward: a port at the branch, whose connections go to one target behind the hoster, while the command runs.

    branch (a)                                                       hoster (b)
    curl -> 127.0.0.1 or [::1], a port of funnelctl's === web ===>   127.0.0.1:8080, [::1]:8080: web servers
                                                                     127.0.0.1:8100: is allowed, but nobody is there
    127.0.0.1:1090 ===================================== plain ===>  127.0.0.1:8080, which is no SOCKS service
"""
import contextlib
import re
import signal
import subprocess

import pytest

import lab
from lab.backends.program import start_program

WEB = lab.Service("web", "socks", ("127.0.0.1:1080",), None, listen_service={"max-forwards": "4"},
                  connect_section={"networks": ["127.0.0.0/8", "::1"], "ports": ["8080", "8100"]})
PLAIN = lab.Service("plain", "tcp", ("127.0.0.1:1090",), "127.0.0.1:8080")
TARGET = "127.0.0.1:8080"
NOBODY = 65534
CONNECT = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 20) as s:
        print("data" if s.recv(1) else "end")
except ConnectionResetError: print("reset")
except ConnectionRefusedError: print("refused")
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([WEB, PLAIN]).prepare().start()
    servers = [start_program(made.network, "b", "web", address, 8080, name) for address, name in (("127.0.0.1", "four"), ("::1", "six"))]
    yield made.wait_up("web")
    for server in servers:
        server.kill()
        server.communicate()


@contextlib.contextmanager
def forward(tunnel, spec):
    """The running command, and the address that it says it listens at."""
    node = tunnel.a
    running = tunnel.network.popen("a", node.path("funnelctl"), *node.common_options, "forward", "web", spec,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = running.stdout.readline()
        begun = re.fullmatch(r"web: (\S+) -> \S+, until interrupted\n", said)
        assert begun, said
        yield running, begun[1]
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def curl(tunnel, address, *options, check=True):
    return tunnel.run("a", "curl", "-sS", "-g", "--max-time", "20", *options, f"http://{address}/", check=check)


def is_reset(tunnel, address):
    """Whether a connection is taken there and reset, which may be before connect() returns."""
    host, _, port = address.rpartition(":")
    return tunnel.run("a", "/usr/bin/python3", "-c", CONNECT, host.strip("[]"), port).stdout == "reset\n"


def wait_closed(tunnel, address):
    """Until nobody listens there."""
    lab.wait_until(lambda: curl(tunnel, address, check=False).returncode == 7, f"{address} is closed", 10, 0.05, tunnel.describe)


def wait_no_forward(tunnel):
    lab.wait_until(lambda: tunnel.a.counters(WEB.unit)["forwards"] == 0, "no forward is left", 10, 0.05, tunnel.describe)


def test_who_began_what_is_logged_and_shown(tunnel):
    """The first one, since the log has five such lines a minute."""
    with forward(tunnel, f"0:{TARGET}") as (_, address):
        tunnel.a.wait_logged(f"forward-began: a forward from {address} to {TARGET} for uid 0 begins", daemon=WEB.unit)
        curl(tunnel, address)
        said = tunnel.a.funnelctl("sessions", "web").stdout
        assert re.search(rf"^  forward {re.escape(address)} -> {TARGET}: uid 0, for \d+ s, 1 connection$", said, re.MULTILINE), said
        assert tunnel.a.counters(WEB.unit)["forwards"] == 1
    tunnel.a.wait_logged(f"forward-ended: a forward from {address} to {TARGET} for uid 0 ends: its command has ended; connections: 1",
                         daemon=WEB.unit)


@pytest.mark.parametrize("spec, who", [(f"0:{TARGET}", "four"), ("localhost:0:[::1]:8080", "six"), (f"[::1]:0:{TARGET}", "four")])
def test_connections_go_to_the_target(tunnel, spec, who):
    with forward(tunnel, spec) as (_, address):
        assert curl(tunnel, address).stdout.startswith(f"{who} for ")
        assert curl(tunnel, address, "--data-binary", "0" * 100000).returncode == 0


def test_names_are_looked_up_at_the_far_end(tunnel):
    with forward(tunnel, "0:localhost:8080") as (_, address):
        assert curl(tunnel, address).stdout.partition(" ")[0] in ("four", "six")


def test_every_address_may_be_listened_at(tunnel):
    with forward(tunnel, f"*:0:{TARGET}") as (_, address):
        assert address.startswith("[::]:")
        port = address.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            assert curl(tunnel, f"{host}:{port}").stdout.startswith("four for ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_command_ends_it(tunnel, number):
    with forward(tunnel, f"0:{TARGET}") as (running, address):
        assert curl(tunnel, address).stdout.startswith("four")
        running.send_signal(number)
        assert running.wait(10) == -number
        wait_closed(tunnel, address)
    assert curl(tunnel, "127.0.0.1:8080", "--socks5", WEB.listen[0]).stdout.startswith("four")


def test_a_connection_outlives_the_command(tunnel):
    hold = "import socket,sys\nhost,_,port=sys.argv[1].rpartition(':')\ns=socket.create_connection((host,int(port)),10)\n" \
           "s.sendall(b'GET / HTTP/1.0\\r\\n')\nprint('begun',flush=True)\nsys.stdin.readline()\n" \
           "s.sendall(b'Host: x\\r\\n\\r\\n')\nprint(s.makefile('rb').read().decode(),flush=True)"
    with forward(tunnel, f"0:{TARGET}") as (running, address):
        with tunnel.network.popen("a", "/usr/bin/python3", "-c", hold, address, stdin=-1, stdout=-1, text=True) as client:
            assert client.stdout.readline() == "begun\n"
            lab.wait_until(lambda: address in tunnel.a.funnelctl("sessions", "web").stdout.partition("SESSION")[2],
                           "it is a session", 10, 0.05, tunnel.describe)
            running.send_signal(signal.SIGINT)
            running.wait(10)
            wait_closed(tunnel, address)
            said, _ = client.communicate("go\n", timeout=20)
    assert "four for " in said, said


def test_what_the_far_end_refuses_is_reset_and_logged(tunnel):
    before = tunnel.a.counters(WEB.unit)["targets_not_connected"]
    with forward(tunnel, "0:127.0.0.1:22") as (_, address):
        assert is_reset(tunnel, address)
    tunnel.a.wait_logged("target-not-connected: a client is not connected to 127.0.0.1:22: the far end does not allow that target",
                         daemon=WEB.unit)
    with forward(tunnel, "0:127.0.0.1:8100") as (_, address):
        assert is_reset(tunnel, address)
    assert tunnel.a.counters(WEB.unit)["targets_not_connected"] == before + 2


def test_client_allow_holds_for_forwards(tunnel):
    with tunnel.a.service_changed("web", "[service]\n", "[service]\nclient-allow = 127.0.0.2\n"), forward(tunnel, f"0:{TARGET}") as (_, address):
        assert is_reset(tunnel, address)
        assert curl(tunnel, address, "--interface", "127.0.0.2").stdout.startswith("four")


def test_there_are_no_more_than_max_forwards(tunnel):
    wait_no_forward(tunnel)
    before = tunnel.a.counters(WEB.unit)["forwards_over_limit"]
    with contextlib.ExitStack() as running:
        for _ in range(4):
            _, address = running.enter_context(forward(tunnel, f"0:{TARGET}"))
        said, status = tunnel.a.refused("forward", "web", f"0:{TARGET}")
        assert status == 1 and "web: there are as many forwards as max-forwards allows (4)" in said, said
        assert curl(tunnel, address).stdout.startswith("four")
    assert tunnel.a.counters(WEB.unit)["forwards_over_limit"] == before + 1


def test_a_drained_service_forwards_nothing(tunnel):
    tunnel.a.funnelctl("drain", "web")
    try:
        said, status = tunnel.a.refused("forward", "web", f"0:{TARGET}")
    finally:
        tunnel.a.funnelctl("resume", "web")
    assert status == 1 and "web: the service is drained" in said, said


@pytest.mark.parametrize("service, spec, status, why", [
    ("nosuch", f"0:{TARGET}", 1, "nosuch: there is no such service"),
    ("plain", f"0:{TARGET}", 1, "plain: only a listening service with protocol = socks can forward"),
    ("web", f"1080:{TARGET}", 1, "cannot listen at 127.0.0.1:1080: Address already in use"),
    ("web", f"192.0.2.1:0:{TARGET}", 1, "cannot listen at 192.0.2.1:0: Cannot assign requested address"),
    ("web", "udp:0:127.0.0.1:53", 2, "only connections (TCP) can be forwarded, not datagrams"),
    ("web", "8080", 2, "[BIND:]PORT:HOST:PORT is expected"),
    ("funnel-authd", f"0:{TARGET}", 2, "a service is expected, not funnel-authd"),
])
def test_what_cannot_be_is_refused_with_a_reason(tunnel, service, spec, status, why):
    said, ended = tunnel.a.refused("forward", service, spec)
    assert ended == status and why in said, said


def test_the_connecting_end_forwards_nothing(tunnel):
    said, status = tunnel.b.refused("forward", "web", f"0:{TARGET}")
    assert status == 1 and "web: only a listening service with protocol = socks can forward" in said, said


def test_strangers_are_refused(tunnel):
    node = tunnel.a
    done = tunnel.run("a", "setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", node.path("funnelctl"),
                      *node.common_options, "forward", "web", f"0:{TARGET}", check=False)
    assert done.returncode == 1 and f"uid {NOBODY} is not in the group" in done.stdout, done.stdout
    wait_no_forward(tunnel)


def test_the_end_of_the_edge_ends_the_command(tunnel):
    """The last one, since it ends a daemon."""
    with forward(tunnel, f"0:{TARGET}") as (running, address):
        tunnel.a[WEB.unit].stop()
        said, _ = running.communicate(timeout=20)
        assert running.returncode == 1 and "funnelctl: web: " in said, said
        assert curl(tunnel, address, check=False).returncode == 7
    said, status = tunnel.a.refused("forward", "web", f"0:{TARGET}")
    assert status == 1 and "web: does not run: " in said, said
