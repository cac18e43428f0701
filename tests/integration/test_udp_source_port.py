"""A backend sees the port that the client has, where the connecting node has it to give.

    branch (a)                          hoster (b)
    chronyd -> 127.0.0.1:1123 =========> 127.0.0.1:123 chronyd
    Python  -> 127.0.0.1:7002 =========> 127.0.0.1:7102, which says from which port it was asked
"""
import os
import subprocess

import pytest

import lab
from lab.backends import chrony
from lab.backends.program import start_program
from lab.base import Child

SAME = {"source-port": "same"}
NTP = lab.Service("ntp", "udp", ("127.0.0.1:1123",), "127.0.0.1:123", connect_section=SAME)
PORTS = lab.Service("ports", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102", connect_section=SAME)

# Asks from each address given, all of them held, and prints what is answered.
ASK = """
import socket, sys
held = []
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); link.settimeout(20); link.bind((host, int(port)))
    link.sendto(b"which", ("127.0.0.1", 7002))
    print(link.recv(100).decode())
    held.append(link)
"""
HOLD = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([NTP, PORTS]).prepare().start().wait_up()
    server = start_program(made.network, "b", "asked_from", 7102)
    yield made
    server.kill()
    server.communicate()


def ask(tunnel, *addresses):
    return tunnel.run("a", "/usr/bin/python3", "-c", ASK, *addresses).stdout.split()


def not_had(tunnel):
    return tunnel.b.counters(PORTS.unit)["source_ports_not_had"]


def test_the_backend_sees_the_clients_port(tunnel):
    assert ask(tunnel, "127.0.0.1:40001", "127.0.0.1:40002") == ["40001", "40002"]
    assert not_had(tunnel) == 0


def test_a_port_is_had_once_and_both_clients_are_served(tunnel):
    before = not_had(tunnel)
    first, second = ask(tunnel, "127.0.0.1:40003", "127.0.0.2:40003")
    assert first == "40003" != second
    assert not_had(tunnel) == before + 1
    tunnel.b.wait_logged("source-port-not-had", "what 127.0.0.2:40003 sends goes to 127.0.0.1:7102 from any port",
                         "Address already in use", daemon=PORTS.unit)


def test_a_program_of_the_node_keeps_its_port(tunnel):
    before = not_had(tunnel)
    holder = tunnel.network.popen("b", "/usr/bin/python3", "-c", HOLD, "40004", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "listening\n"
        assert ask(tunnel, "127.0.0.1:40004") != ["40004"]
    finally:
        holder.communicate()
    assert not_had(tunnel) == before + 1


def test_a_port_that_only_root_may_have_is_not_had_without_the_capability(tunnel):
    """The unit has it (tests/unit/generator); the edges of this lab run as plain users."""
    before = not_had(tunnel)
    assert ask(tunnel, "127.0.0.1:640") != ["640"]
    assert not_had(tunnel) == before + 1
    tunnel.b.wait_logged("source-port-not-had", "127.0.0.1:640", "Permission denied", daemon=PORTS.unit)


def test_a_time_server_is_asked_from_the_port_that_its_client_binds(tunnel):
    seen = Child("tcpdump", tunnel.network.inside("b", "tcpdump", "-nlpi", "lo", "udp", "dst", "port", chrony.PORT),
                 os.path.join(tunnel.workspace.path, "tcpdump.out"))
    try:
        lab.wait_until(lambda: "listening on" in log(seen), "tcpdump listens", 20)
        with chrony.time_server(tunnel):
            said = chrony.ask_time(tunnel, 1123, "acquisitionport 40123")
        assert "System clock wrong by" in said, said
        lab.wait_until(lambda: log(seen).count("127.0.0.1.40123 > 127.0.0.1.123") >= 2, "they are seen", 20, detail=lambda: log(seen))
        assert log(seen).count("> 127.0.0.1.123") == log(seen).count("127.0.0.1.40123 >"), log(seen)
    finally:
        seen.stop()
    assert tunnel.b.counters(NTP.unit)["source_ports_not_had"] == 0


def log(child):
    with open(child.log, encoding="utf-8", errors="replace") as file:
        return file.read()
