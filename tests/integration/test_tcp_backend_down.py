"""While no backend passes its checks, the client's node knows: its port closes, or clients wait, as on-backend-down says.

    branch (a)                                            hoster (b), where each backend says its name
    clients -> 127.0.0.1:7003, accept-when = up     ====> 127.0.0.11:7103 one, on-backend-down = refuse
            -> 127.0.0.1:7004                       ====> 127.0.0.12:7103 two, on-backend-down = wait
"""
import pytest

import lab
from lab.backends.program import start_program

FAST = {"check": "connect", "check-every": "200ms", "check-timeout": "200ms", "slow-return": "0s"}
PORT = lab.Service("port", "tcp", ("127.0.0.1:7003",), "127.0.0.11:7103", listen_service={"accept-when": "up"},
                   connect_section={"on-backend-down": "refuse", **FAST})
PATIENT = lab.Service("patient", "tcp", ("127.0.0.1:7004",), "127.0.0.12:7103", connect_service={"connect-timeout": "20s"},
                      connect_section={"on-backend-down": "wait", **FAST})
HOSTS = {"one": "127.0.0.11", "two": "127.0.0.12"}
CLIENT = """
import socket, sys
try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1) as s:
        s.settimeout(30)
        print("open", s.recv(100).decode())
except ConnectionResetError: print("reset")
except TimeoutError: print("no answer")
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([PORT, PATIENT]).prepare().start().wait_up()


class Backends:
    def __init__(self, tunnel):
        self.tunnel, self.running = tunnel, {}

    def start(self, *names):
        for name in names:
            self.running[name] = start_program(self.tunnel.network, "b", "named", HOSTS[name], 7103, name)

    def stop(self, *names):
        for name in names:
            process = self.running.pop(name)
            process.kill()
            process.communicate()


@pytest.fixture
def backends(tunnel):
    made = Backends(tunnel)
    made.start("one", "two")
    wait_counted(tunnel.a, PORT, not_accepting=0, channels_no_backend=0)
    wait_counted(tunnel.a, PATIENT, channels_no_backend=0)
    yield made
    made.stop(*list(made.running))


def wait_counted(node, service, **values):
    def counted():
        found = node.counters(service.unit)
        return {name: found[name] for name in values}
    lab.wait_until(lambda: counted() == values, f"{service.name} counts {values}", 30, 0.05, node.describe)


def client(tunnel, port):
    return tunnel.run("a", "/usr/bin/python3", "-c", CLIENT, port).stdout.strip()


def test_where_connections_would_be_refused_the_port_closes(tunnel, backends):
    assert client(tunnel, 7003) == "open one"
    backends.stop("one")
    wait_counted(tunnel.a, PORT, not_accepting=1, channels_no_backend=1)
    assert client(tunnel, 7003) == "no answer"
    assert "service port does not accept: no backend at the far end works" in tunnel.a.funnelctl("status").stdout
    assert "service port: all backends fail their checks, so new connections are refused" in tunnel.b.funnelctl("status").stdout
    tunnel.a.wait_logged("far-end-no-backend", "no backend at the far end works: new connections are refused there", daemon=PORT.unit)
    tunnel.a.wait_logged("accept-closed", "no backend at the far end works", daemon=PORT.unit)
    tunnel.b.wait_logged("backends-all-down", daemon=PORT.unit)

    backends.start("one")
    wait_counted(tunnel.a, PORT, not_accepting=0, channels_no_backend=0)
    assert client(tunnel, 7003) == "open one"
    tunnel.a.wait_logged("far-end-serves", daemon=PORT.unit)
    tunnel.b.wait_logged("backends-serve", daemon=PORT.unit)


def test_a_port_that_answers_always_resets_them_at_once(tunnel, backends):
    path = tunnel.a.service_path("port")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("accept-when = up", "accept-when = always"))
        tunnel.a.funnelctl("reload", "--wait", "port")
        backends.stop("one")
        wait_counted(tunnel.a, PORT, not_accepting=0, channels_no_backend=1)
        before = tunnel.b.counters(PORT.unit)
        assert client(tunnel, 7003) == "reset"
        after = tunnel.b.counters(PORT.unit)
        assert after["sessions_no_backend"] == before["sessions_no_backend"] + 1
        assert after["connect_failed"] == before["connect_failed"]
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        tunnel.a.funnelctl("reload", "--wait", "port")


def test_where_they_wait_a_client_is_served_when_a_backend_is_back(tunnel, backends):
    assert client(tunnel, 7004) == "open two"
    backends.stop("two")
    wait_counted(tunnel.a, PATIENT, not_accepting=0, channels_no_backend=1)
    assert "service patient: no backend at the far end works" in tunnel.a.funnelctl("status").stdout
    assert "service patient: all backends fail their checks, so new connections wait" in tunnel.b.funnelctl("status").stdout
    with tunnel.network.popen("a", "/usr/bin/python3", "-c", CLIENT, "7004", stdout=-1, text=True) as waiting:
        wait_counted(tunnel.b, PATIENT, sessions=1)
        backends.start("two")
        assert waiting.communicate(timeout=60)[0].strip() == "open two"


def test_a_far_end_that_is_drained_closes_the_port(tunnel, backends):
    tunnel.b.funnelctl("drain", "port")
    wait_counted(tunnel.a, PORT, not_accepting=1, channels_drained_there=1)
    assert client(tunnel, 7003) == "no answer"
    assert "service port does not accept: the far end is drained" in tunnel.a.funnelctl("status").stdout
    tunnel.b.funnelctl("resume", "port")
    wait_counted(tunnel.a, PORT, not_accepting=0, channels_drained_there=0)
    assert client(tunnel, 7003) == "open one"


def test_check_wants_a_check(tunnel):
    path = tunnel.b.service_path("port")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line for line in text.splitlines(True) if not line.startswith("check")))
        assert "on-backend-down: there is no check" in tunnel.b.refused("check")[0]
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
