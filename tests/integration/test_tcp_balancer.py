"""Behind a load balancer the client is the one whom its PROXY header names: for client-allow, log, sessions, and the far side.

    branch (a)                                                                       hoster (b)
    127.0.0.9 -> 127.0.0.1:8001 haproxy, from 127.0.0.5 == PROXY v1 -> 127.0.0.1:7003 ==== v1 ==== 127.0.0.1:7103: nginx
              -> 127.0.0.1:8002                         == PROXY v2 -> 127.0.0.1:7003
    127.0.0.5, hand-made headers                        ------------> 127.0.0.1:7003
    127.0.0.1, which is no balancer                     ------------> 127.0.0.1:7003
"""
import json

import pytest

import lab
from lab.backends.proxied import NginxBehindProxy
from lab.backends.server import Server

NGINX = 7103
BALANCER = "127.0.0.5"
SERVICE = lab.Service("web", "tcp", ("127.0.0.1:7003",), f"127.0.0.1:{NGINX}", connect_section={"proxy-protocol": "v1"},
                      connect_service={"client-networks": "127.0.0.0/8"},
                      listen_service={"accept-proxy-from": [BALANCER, "10.0.0.0/8"], "accept-proxy-wait": "500ms",
                                      "client-allow": ["127.0.0.8/31", "127.0.0.5"], "access-log": "json"})
# It would open a connection up to four times whose reset it sees before its header has left.
HAPROXY = """\
defaults
    mode tcp
    retries 0
    timeout connect 5s
    timeout client 20s
    timeout server 20s
listen text
    bind 127.0.0.1:8001
    source 127.0.0.5
    server one 127.0.0.1:7003 send-proxy
listen binary
    bind 127.0.0.1:8002
    source 127.0.0.5
    server one 127.0.0.1:7003 send-proxy-v2
"""
# From HOST to PORT: sends what standard input has, and says which port it had and what came back.
CLIENT = """
import socket, sys
mine, got = 0, b""
try:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 20, source_address=(sys.argv[1], 0))
    mine = s.getsockname()[1]
    s.sendall(sys.stdin.buffer.read())
    while more := s.recv(10000): got += more
    print(mine, got.decode())
except ConnectionError: print(mine, "reset")
"""
GET = "GET / HTTP/1.0\r\n\r\n"


class Balancer(Server):
    def __init__(self, lab_):
        super().__init__(lab_, "balancer", "a")
        self.start("haproxy", "-db", "-f", self.write("haproxy.cfg", HAPROXY), answers=lambda: self.listens(8002))


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([SERVICE]).prepare().start()
    with NginxBehindProxy(made, NGINX), Balancer(made):
        yield made.wait_up()


def ask(tunnel, host, port, said):
    """The client's own port, and what came back."""
    mine, _, received = tunnel.network.run("a", "/usr/bin/python3", "-c", CLIENT, host, port, input=said).stdout.partition(" ")
    return int(mine), received.strip()


def counted(tunnel, name):
    return tunnel.a.counters(SERVICE.unit)[name]


@pytest.mark.parametrize("port", [8001, 8002])
def test_the_backend_and_the_log_know_the_client_behind_the_balancer(tunnel, port):
    mine, received = ask(tunnel, "127.0.0.9", port, GET)
    assert received.startswith("HTTP/1.") and received.endswith(f"client 127.0.0.9:{mine}"), received
    log = tunnel.a[SERVICE.unit]
    lab.wait_until(lambda: f'"client":"127.0.0.9:{mine}"' in log.log.replace(" ", ""), "the access log has the client", 20,
                   detail=lambda: log.log[-2000:])


def test_sessions_shows_the_client(tunnel):
    with tunnel.network.popen("a", "/usr/bin/python3", "-c", CLIENT, "127.0.0.9", 8001, stdin=-1, stdout=-1, text=True) as client:
        client.stdin.write("GET / HTTP/1.0\r\n")
        client.stdin.flush()

        def clients():
            said = json.loads(tunnel.a.funnelctl("sessions", "web", "--json").stdout)
            return [one["client"].rpartition(":")[0] for one in said[0]["sessions"]]
        lab.wait_until(lambda: clients() == ["127.0.0.9"], "its session is the client's", 20, detail=lambda: str(clients()))
        client.communicate("\r\n", timeout=30)


def test_limits_are_for_the_client(tunnel):
    before = counted(tunnel, "clients_turned_away")
    assert ask(tunnel, "127.0.0.7", 8001, GET)[1] in ("", "reset")
    assert counted(tunnel, "clients_turned_away") == before + 1
    tunnel.a.wait_logged("client-limited: 127.0.0.7 is turned away: client-allow", daemon=SERVICE.unit)


def test_nobody_else_is_believed(tunnel):
    before = counted(tunnel, "clients_turned_away")
    assert ask(tunnel, "127.0.0.1", 7003, "PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n" + GET)[1] == "reset"
    assert counted(tunnel, "clients_turned_away") == before + 1
    # Nor one who may use the service: for the server it is no request.
    assert "client" not in ask(tunnel, "127.0.0.8", 7003, "PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n" + GET)[1]


def test_the_balancers_own_connections_are_its_own(tunnel):
    mine, received = ask(tunnel, BALANCER, 7003, "PROXY UNKNOWN\r\n" + GET)
    assert received.endswith(f"client {BALANCER}:{mine}"), received


@pytest.mark.parametrize("said, why", [
    (GET, "it does not begin as one"),
    ("PROXY TCP4 127.0.0.9 127.0.0.1 1\r\n" + GET, "its line has not all its words"),
    ("PROXY TCP4 127.0.0.9 127.0.0.1 1 99999\r\n" + GET, "an address or a port of its line is none"),
    ("\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0" + GET, "its version is not 2")])
def test_a_bad_header_is_a_reset_a_count_and_a_line(tunnel, said, why):
    before = counted(tunnel, "proxy_headers_bad")
    assert ask(tunnel, BALANCER, 7003, said)[1] == "reset"
    assert counted(tunnel, "proxy_headers_bad") == before + 1
    tunnel.a.wait_logged("proxy-header-bad", f"a connection from {BALANCER}", why, daemon=SERVICE.unit)


def test_a_header_that_does_not_come_is_waited_for_so_long(tunnel):
    before = counted(tunnel, "proxy_headers_late")
    assert ask(tunnel, BALANCER, 7003, "PROXY TCP4 127.0.0.9")[1] == "reset"
    assert counted(tunnel, "proxy_headers_late") == before + 1
    assert counted(tunnel, "proxy_headers_waiting") == 0


def test_a_reload_takes_a_balancer_away(tunnel):
    path = tunnel.a.service_path("web")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(f"accept-proxy-from = {BALANCER}\n", ""))
        tunnel.a[SERVICE.unit].reload()
        mine, received = ask(tunnel, BALANCER, 7003, GET)
        assert received.endswith(f"client {BALANCER}:{mine}"), received
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        tunnel.a[SERVICE.unit].reload()
