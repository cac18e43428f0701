"""accept-when = up: nobody finds the port open while the tunnel is down, over IPv4 and IPv6 alike.

    branch (a)                                                    hoster (b)
    a client, as a load balancer's check -> 127.0.0.1:7003 ====== 127.0.0.1:7103, which says its name
                                            [::1]:7003
"""
import os
import signal

import pytest

import lab
from lab.backends.program import start_program

WEB = lab.Service("web", "tcp", ("127.0.0.1:7003", "[::1]:7003"), "127.0.0.1:7103", listen_service={"accept-when": "up", "connect-wait": "10s"})
HOSTS = ("127.0.0.1", "::1")
# Whether HOST takes a connection within a second, and what it says within TIME more.
CHECK = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], 7003), 1) as s:
        s.settimeout(float(sys.argv[2]))
        try: print("open", s.recv(100).decode())
        except (TimeoutError, ConnectionResetError) as error: print("open", type(error).__name__)
except TimeoutError: print("no answer")
except ConnectionRefusedError: print("refused")
"""
OPEN, CLOSED = ["open one"] * 2, ["no answer"] * 2


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([WEB]).prepare()
    made.a.start()
    backend = start_program(made.network, "b", "named", "127.0.0.1", 7103, "one")
    yield made
    backend.kill()
    backend.communicate()


def checks(tunnel, time=5.0):
    return [tunnel.run("a", "/usr/bin/python3", "-c", CHECK, host, time).stdout.strip() for host in HOSTS]


def counted(tunnel):
    return tunnel.a.counters(WEB.unit)


def wait_closed(tunnel, closed=True):
    lab.wait_until(lambda: counted(tunnel)["not_accepting"] == closed, f"not_accepting is {closed}", 30, 0.05, tunnel.describe)


@pytest.fixture
def up(tunnel):
    """The whole tunnel, with its channel open."""
    if not tunnel.b.daemons["funnel-sctpd"].holder:
        tunnel.b.start()
    wait_closed(tunnel, False)
    return tunnel


def shown(tunnel):
    return [tunnel.a.funnelctl(command).stdout for command in ("status", "services")]


def rewrite(path, before, after):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert before in text
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(before, after))


# It comes first: the hoster is not there yet.
def test_without_a_tunnel_there_is_no_answer_and_with_one_there_is(tunnel):
    assert checks(tunnel) == CLOSED
    assert counted(tunnel)["not_accepting"] == counted(tunnel)["accept_closings"] == 1
    for text in shown(tunnel):
        assert "does not accept: no channel is open: peer hoster is not connected" in text, text
    tunnel.b.start()
    wait_closed(tunnel, False)
    assert checks(tunnel) == OPEN
    assert "does not accept" not in "".join(shown(tunnel))
    tunnel.a.wait_logged("accept-closed: new connections get no answer: no channel is open", daemon=WEB.unit)
    tunnel.a.wait_logged("accept-open", daemon=WEB.unit)


def test_when_the_far_node_goes_the_port_closes_until_it_is_back(up):
    up.b.stop()
    wait_closed(up)
    assert checks(up) == CLOSED
    up.b.start()
    wait_closed(up, False)
    assert checks(up) == OPEN


def test_a_client_that_waits_is_served_when_the_channel_is_back(up):
    up.b.stop()
    wait_closed(up)
    program = CHECK.replace("7003), 1)", "7003), 30)")
    with up.network.popen("a", "/usr/bin/python3", "-c", program, HOSTS[1], 20, stdout=-1, text=True) as client:
        lab.wait_until(lambda: ":7003" in up.run("a", "ss", "-Hnt", "state", "syn-sent").stdout, "its SYN is out", 10)
        up.b.start()
        assert client.communicate(timeout=60)[0].strip() == "open one"


def test_a_drained_service_is_closed(up):
    up.a.funnelctl("drain", "web")
    assert checks(up) == CLOSED
    assert "does not accept: it is drained" in shown(up)[0]
    up.a.funnelctl("resume", "web")
    assert checks(up) == OPEN


@pytest.mark.parametrize("down", [True, False], ids=["down", "up"])
def test_a_killed_edge_comes_back(up, down):
    edge = up.a[WEB.unit]
    if down:
        up.b.stop()
        wait_closed(up)
    edge.kill9()
    if down:  # nobody runs, and the port is closed all the same
        assert checks(up) == CLOSED
        edge.wait_ready()
        assert checks(up) == CLOSED
        up.b.start()
    edge.wait_ready()
    wait_closed(up, False)
    assert checks(up) == OPEN


def test_after_an_end_in_order_a_client_finds_the_next_edge(up):
    edge = up.a[WEB.unit]
    ends = len(edge.exits)
    os.kill(edge.pid, signal.SIGTERM)
    lab.wait_until(lambda: len(edge.exits) > ends, "it ends", 10, detail=up.describe)
    assert edge.exits[-1] == "status 0"
    # The holder waits a second before it starts the next one.
    assert checks(up, 15.0) == OPEN


def test_a_reload_changes_it(up):
    path, edge = up.a.service_path("web"), up.a[WEB.unit]
    up.b.stop()
    wait_closed(up)
    try:
        rewrite(path, "accept-when = up\nconnect-wait = 10s", "accept-when = always\nconnect-wait = 100ms")
        up.a.funnelctl("reload", "--wait", "web")
        assert checks(up) == ["open ConnectionResetError"] * 2
        assert "does not accept" not in shown(up)[0]
    finally:
        rewrite(path, "accept-when = always\nconnect-wait = 100ms", "accept-when = up\nconnect-wait = 10s")
    up.a.funnelctl("reload", "--wait", "web")
    assert checks(up) == CLOSED and edge.pid


def test_check_refuses_what_can_never_be_up(tunnel):
    path = os.path.join(tunnel.a.etc, "peers.d", tunnel.b.peer_name + ".ini")
    rewrite(path, "[peer]", "[peer]\nwhen = on-demand")
    try:
        said, _ = tunnel.a.refused("check")
    finally:
        rewrite(path, "[peer]\nwhen = on-demand", "[peer]")
    assert f"{tunnel.a.service_path('web')}:5: accept-when: up waits for a channel" in said, said
