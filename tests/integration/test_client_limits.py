"""Clients that may not use a service, or ask for more than one of them may, are turned away at the client side; others are
served. A new list is in force after a reload.

    branch (a)                                          hoster (b)
    127.0.0.1, 127.0.0.2 -> 127.0.0.1:7002 udp ======== 127.0.0.1:7102 echoes
    127.0.0.1, 127.0.0.2 -> 127.0.0.1:7003 tcp ======== 127.0.0.1:7103 says hello
    127.0.0.1, 127.0.0.2 -> 127.0.0.1:7004 tcp ======== 127.0.0.1:7104 counts bytes
"""
import subprocess

import pytest

import lab
from lab.backends.program import start_program

UDP = lab.Service("mirror", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102", listen_service={"client-datagram-rate": "5"})
TCP = lab.Service("hello", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7103",
                  listen_service={"client-allow": ["127.0.0.2", "10.0.0.0/8"]})
RATE = 1024 * 1024
SLOW = lab.Service("slow", "tcp", ("127.0.0.1:7004",), "127.0.0.1:7104", listen_service={"client-byte-rate": "1MiB"})
# From HOST: BYTES over each of CONNECTIONS, which begin together; how long each took, and how many arrived.
SEND = """
import socket, sys, threading, time
host, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
together = threading.Barrier(count)
def send():
    with socket.create_connection(("127.0.0.1", 7004), timeout=60, source_address=(host, 0)) as s:
        together.wait()
        begun = time.monotonic()
        s.sendall(bytes(size))
        s.shutdown(socket.SHUT_WR)
        arrived = s.recv(100).decode()
        print(time.monotonic() - begun, arrived, flush=True)
threads = [threading.Thread(target=send) for _ in range(count)]
for one in threads: one.start()
for one in threads: one.join()
"""
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
    made = make_tunnel([UDP, TCP, SLOW]).prepare().start().wait_up()
    backends = [start_program(made.network, "b", "echo_datagrams", 7102), start_program(made.network, "b", "hello_stream", "127.0.0.1", 7103),
                start_program(made.network, "b", "counting_stream", "127.0.0.1", 7104)]
    yield made
    for backend in backends:
        backend.kill()
        backend.communicate()


def say(tunnel, program, *arguments):
    return tunnel.run("a", "/usr/bin/python3", "-c", program, *arguments).stdout.strip()


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
    assert say(tunnel, HELLO, "127.0.0.1") not in ("", "reset")


def times(said, size):
    lines = [line.split() for line in said.splitlines()]
    assert all(int(arrived) == size for _, arrived in lines), said
    return sorted(float(took) for took, _ in lines)


def test_a_client_that_sends_more_than_its_rate_is_read_slowly_and_no_other_is(tunnel):
    # A second's worth at once, and then so much a second: 5 s in all. Were one connection served behind the other, it would end within 2.
    size = 3 * RATE
    with tunnel.network.popen("a", "/usr/bin/python3", "-c", SEND, "127.0.0.1", size, 2, stdout=subprocess.PIPE, text=True) as slow:
        lab.wait_until(lambda: tunnel.a.counters(SLOW.unit)["client_bytes_over_rate"] > 0, "the first client has to wait", 30)
        quick = times(tunnel.run("a", "/usr/bin/python3", "-c", SEND, "127.0.0.2", RATE // 2, 1).stdout, RATE // 2)
        assert slow.poll() is None, "it is at it meanwhile"
        took = times(slow.communicate(timeout=60)[0], size)
    assert 4.9 < took[-1] < 15 and took[0] > 3, took
    assert quick[0] < took[0] / 2, quick
    tunnel.a.wait_logged("client-limited: 127.0.0.1 has to wait: client-byte-rate", daemon=SLOW.unit)
    assert "a client was turned away or had to wait" in tunnel.a.funnelctl("status").stdout

    with tunnel.a.service_changed("slow", "client-byte-rate = 1MiB\n", ""):
        waits = tunnel.a.counters(SLOW.unit)["client_bytes_over_rate"]
        times(say(tunnel, SEND, "127.0.0.1", size, 2), size)
        assert tunnel.a.counters(SLOW.unit)["client_bytes_over_rate"] == waits


@pytest.mark.parametrize("line, words", [
    ("client-allow = 10.0.0.1/8", "client-allow"), ("rate-table = 1", "out of range"),
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
