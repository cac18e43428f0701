"""Clients that may not use a service, or ask for more than one of them may, are turned away at the client side; others are
served. A new list is in force after a reload.

    branch (a)                                          hoster (b)
    127.0.0.1, 127.0.0.2 -> 127.0.0.1:7002 udp ======== 127.0.0.1:7102 echoes
    127.0.0.1, 127.0.0.2 -> 127.0.0.1:7003 tcp ======== 127.0.0.1:7103 says hello
"""
import pytest

import lab
from lab.backends.program import start_program

UDP = lab.Service("mirror", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102", listen_service={"client-datagram-rate": "5"})
TCP = lab.Service("hello", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7103",
                  listen_service={"client-allow": ["127.0.0.2", "10.0.0.0/8"]})
# From HOST: 20 datagrams at once, and how many are answered until one is missing for two seconds.
MANY = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 0)); s.settimeout(2)
for _ in range(20): s.sendto(b"x", ("127.0.0.1", 7002))
count = 0
try:
    while count < 20:
        s.recv(10)
        count += 1
except TimeoutError: pass
print(count)
"""
HELLO = """
import socket, sys
try:
    with socket.create_connection(("127.0.0.1", 7003), timeout=10, source_address=(sys.argv[1], 0)) as s: print(s.recv(100).decode())
except ConnectionResetError: print("reset")
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([UDP, TCP]).prepare().start().wait_up()
    backends = [start_program(made.network, "b", "echo_datagrams", 7102), start_program(made.network, "b", "hello_stream", "127.0.0.1", 7103)]
    yield made
    for backend in backends:
        backend.kill()
        backend.communicate()


def say(tunnel, program, host):
    return tunnel.run("a", "/usr/bin/python3", "-c", program, host).stdout.strip()


def test_a_client_over_its_rate_is_dropped_counted_logged_once_and_shown(tunnel):
    # The sixth comes a fifth of a second after the first at the earliest.
    assert 5 <= int(say(tunnel, MANY, "127.0.0.1")) < 20
    assert int(say(tunnel, MANY, "127.0.0.2")) >= 5
    assert tunnel.a.counters(UDP.unit)["client_datagrams_over_rate"] > 0
    lines = [line for line in tunnel.a[UDP.unit].log.splitlines() if "client-limited: 127.0.0.1 " in line]
    assert len(lines) == 1 and "client-datagram-rate" in lines[0] and "limit=client-datagram-rate" in lines[0]
    assert "a client was turned away" in tunnel.a.funnelctl("status").stdout
    assert "client_datagrams_over_rate" in tunnel.a.funnelctl("metrics").stdout


def test_only_clients_of_the_networks_are_served_and_a_reload_changes_them(tunnel):
    assert say(tunnel, HELLO, "127.0.0.1") == "reset"
    assert say(tunnel, HELLO, "127.0.0.2") not in ("", "reset")
    assert tunnel.a.counters(TCP.unit)["clients_turned_away"] == 1
    tunnel.a.wait_logged("client-limited: 127.0.0.1 is turned away: client-allow", daemon=TCP.unit)
    path = tunnel.a.service_path("hello")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("10.0.0.0/8", "127.0.0.0/8"))
    tunnel.a[TCP.unit].reload()
    tunnel.a[TCP.unit].wait_logged("configuration was read again")
    assert say(tunnel, HELLO, "127.0.0.1") not in ("", "reset")


@pytest.mark.parametrize("line, words", [
    ("client-allow = 10.0.0.1/8", "client-allow"), ("client-table = 1", "out of range"),
    ("client-datagram-rate = 5", "only for protocol = udp")])
def test_check_says_what_is_wrong(tunnel, line, words):
    path = tunnel.a.service_path("hello")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("[listen]", line + "\n[listen]"))
        done = tunnel.a.funnelctl("check", check=False)
        assert done.returncode != 0 and words in done.stdout
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
