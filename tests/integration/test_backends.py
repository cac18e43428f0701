"""A service with several backends: each by its weight, the next one where one does not answer, and backups where none does.

    branch (a)                          hoster (b), where each backend says its name
    clients -> 127.0.0.1:7003 (tcp) ==> 127.0.0.11:7103 one, twice as often as 127.0.0.12:7103 two; 127.0.0.13:7103 spare
    127.0.0.1, 127.0.0.2 ...
            -> 127.0.0.1:7002 (udp) ==> 127.0.0.11:7103 one, 127.0.0.12:7103 two, by the client's address
"""
import collections
import json
import re

import pytest

import lab
from lab.backends.program import start_program

HOSTS = {"one": "127.0.0.11", "two": "127.0.0.12", "spare": "127.0.0.13"}
STREAM = lab.Service("stream", "tcp", ("127.0.0.1:7003",), ("127.0.0.11:7103 weight=2", "127.0.0.12:7103", "127.0.0.13:7103 backup"),
                     connect_section={"down-time": "1s", "slow-return": "0s"})
FLOWS = lab.Service("flows", "udp", ("127.0.0.1:7002",), ("127.0.0.11:7103", "127.0.0.12:7103"),
                    connect_section={"balance": "client", "down-time": "1h"})
# COUNT connections, one after the other: what each is told.
TCP = """
import socket, sys
for _ in range(int(sys.argv[1])):
    try:
        with socket.create_connection(("127.0.0.1", 7003), 20) as s: print(s.recv(100).decode() or "closed")
    except ConnectionResetError: print("reset")
"""
# One flow of each HOST: what it is answered.
UDP = """
import socket, sys
for host in sys.argv[1:]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((host, 0)); s.settimeout(20)
        s.sendto(b"who", ("127.0.0.1", 7002))
        print(s.recv(100).decode())
"""
CLIENTS = [f"127.0.1.{host}" for host in range(1, 21)]


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


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([STREAM, FLOWS]).prepare().start().wait_up()


@pytest.fixture
def backends(tunnel):
    made = Backends(tunnel)
    made.start("one", "two", "spare")
    yield made
    made.stop(*list(made.running))


def run(tunnel, program, *arguments):
    return tunnel.run("a", "/usr/bin/python3", "-c", program, *arguments).stdout.split()


def shown(tunnel, service):
    """The states of its backends."""
    said = json.loads(tunnel.b.funnelctl("backends", service, "--json").stdout)[0]["backends"]
    return {one["address"].partition(":")[0]: one["state"] for one in said}


def test_backends_get_their_shares_and_a_dead_one_costs_nobody_an_answer(tunnel, backends):
    assert collections.Counter(run(tunnel, TCP, 9)) == {"one": 6, "two": 3}

    backends.stop("one")
    assert run(tunnel, TCP, 9) == ["two"] * 9
    counters = tunnel.b.counters(STREAM.unit)
    assert counters["connect_failed"] == 0 and counters["backends_passed_over"] >= 3, counters
    assert counters["backends_down"] == counters["backends_went_down"] == 1, counters
    tunnel.b.wait_logged("backend-down", "127.0.0.11:7103 is down: 127.0.0.11: cannot connect: Connection refused", daemon=STREAM.unit)
    assert "service stream: 1 backend is down of 3" in tunnel.b.funnelctl("status").stdout
    assert re.search(r"127\.0\.0\.11:7103 +(down|returning) .* 2 .*Connection refused", tunnel.b.funnelctl("backends").stdout)

    backends.stop("two")
    assert run(tunnel, TCP, 9) == ["spare"] * 9
    backends.start("one")
    lab.wait_until(lambda: run(tunnel, TCP, 1) == ["one"], "one has returned", 30)
    tunnel.b.wait_logged("backend-up", "127.0.0.11:7103 works again", daemon=STREAM.unit)
    assert shown(tunnel, "stream")["127.0.0.11"] == "up"
    assert tunnel.b.counters(STREAM.unit)["connect_failed"] == 0


def test_a_client_stays_with_its_backend_until_that_is_down(tunnel, backends):
    first = dict(zip(CLIENTS, run(tunnel, UDP, *CLIENTS)))
    assert set(first.values()) == {"one", "two"}
    assert dict(zip(CLIENTS, run(tunnel, UDP, *CLIENTS))) == first

    backends.stop("one")
    assert run(tunnel, UDP, *CLIENTS) == ["two"] * len(CLIENTS)
    counters = tunnel.b.counters(FLOWS.unit)
    assert counters["connect_failed"] == 0 and counters["backends_passed_over"] == counters["backend_refused"] == 3, counters
    assert shown(tunnel, "flows") == {"127.0.0.11": "down", "127.0.0.12": "up"}
    tunnel.b.wait_logged("backend-down", "127.0.0.11:7103", daemon=FLOWS.unit)


def test_a_reload_changes_the_backends(tunnel, backends):
    path = tunnel.b.service_path("stream")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("address = 127.0.0.11:7103 weight=2\n", "").replace("address = 127.0.0.12:7103\n", ""))
        tunnel.b[STREAM.unit].reload()
        lab.wait_until(lambda: list(shown(tunnel, "stream")) == ["127.0.0.13"], "the reload is done", 20)
        assert run(tunnel, TCP, 5) == ["spare"] * 5
        assert "127.0.0.13:7103" in tunnel.b.funnelctl("services").stdout
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


@pytest.mark.parametrize("line, words", [
    ("address = 127.0.0.12:7103", "127.0.0.12:7103 again"), ("address = 127.0.0.14:7103 weight=101", "a weight is from 1 to 100"),
    ("balance = random", "balance: round-robin, least-sessions or client"), ("down-time = 1ms", "out of range"),
    ("slow-return = 2h", "out of range"), ("down-after = -1", "down-after")])
def test_check_says_what_is_wrong(tunnel, line, words):
    path = tunnel.b.service_path("stream")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            kept = re.sub(rf"^{line.split()[0]} = .*\n", "", text, flags=re.MULTILINE) if not line.startswith("address") else text
            file.write(kept.replace("[security]", line + "\n[security]"))
        done = tunnel.b.funnelctl("check", check=False)
        assert done.returncode != 0 and words in done.stdout, done.stdout
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def test_a_listening_service_has_no_backends_here(tunnel):
    done = tunnel.a.funnelctl("backends", "stream", check=False)
    assert done.returncode != 0 and "its backends are at the far end" in done.stdout
