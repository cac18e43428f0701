"""Checks find a backend that does not work before a client does, and one that works again without any client.

    branch (a)                          hoster (b), where each backend says its name
    clients -> 127.0.0.1:7003 (tcp) ==> 127.0.0.11:7103 one, 127.0.0.12:7103 two; both must greet
            -> 127.0.0.1:7002 (udp) ==> 127.0.0.11:7103 one; 127.0.0.1:7104 takes all and answers nothing
    dig     -> 127.0.0.1:5353 (udp) ==> 127.0.0.1:5300 nsd; 127.0.0.2:5300, where nothing runs
"""
import collections
import json
import re

import pytest

import lab
from lab import nsd
from lab.backends.program import start_program
from lab.base import write_file

HOSTS = {"one": "127.0.0.11", "two": "127.0.0.12"}
# What sessions see takes no backend down here.
FAST = {"check-every": "200ms", "check-timeout": "200ms", "slow-return": "0s", "down-after": "0"}
STREAM = lab.Service("stream", "tcp", ("127.0.0.1:7003",), ("127.0.0.11:7103", "127.0.0.12:7103"),
                     connect_section={"check": "connect", "check-expect": "text:t", **FAST})
FLOWS = lab.Service("flows", "udp", ("127.0.0.1:7002",), ("127.0.0.11:7103", "127.0.0.1:7104"),
                    connect_section={"check": "hex:0077", **FAST})
DNS = lab.Service("dns", "udp", ("127.0.0.1:5353",), (f"127.0.0.1:{nsd.PORT}", f"127.0.0.2:{nsd.PORT}"),
                  connect_section={"check": f"dns:{nsd.ZONE}", **FAST})
TCP = """
import socket
for _ in range(6):
    with socket.create_connection(("127.0.0.1", 7003), 20) as s: print(s.recv(100).decode() or "closed")
"""
UDP = """
import socket
for _ in range(6):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.sendto(b"who", ("127.0.0.1", 7002))
        print(s.recv(100).decode())
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([STREAM, FLOWS, DNS], with_nsd=True).prepare().start().wait_up()


def end(process):
    process.kill()
    process.communicate()


def run(tunnel, program):
    return collections.Counter(tunnel.run("a", "/usr/bin/python3", "-c", program).stdout.split())


def shown(tunnel, service):
    """What funnelctl says of its backends, by their address."""
    said = json.loads(tunnel.b.funnelctl("backends", service, "--json").stdout)[0]["backends"]
    return {one["address"]: one for one in said}


def wait_states(tunnel, service, *states):
    lab.wait_until(lambda: [one["state"] for one in shown(tunnel, service).values()] == list(states),
                   f"the backends of {service} are {states}", 30)


def test_a_backend_that_stops_gets_nothing_and_one_that_says_something_else_neither(tunnel):
    running = {name: start_program(tunnel.network, "b", "named", HOSTS[name], 7103, says)
               for name, says in (("one", "ten"), ("two", "two"))}
    try:
        wait_states(tunnel, "stream", "up", "up")
        lab.wait_until(lambda: all(one["check"] == "passed" for one in shown(tunnel, "stream").values()), "both are checked", 30)
        assert run(tunnel, TCP) == {"ten": 3, "two": 3}

        end(running.pop("one"))
        wait_states(tunnel, "stream", "down", "up")
        tunnel.b.wait_logged("backend-down", "127.0.0.11:7103 is down: check: cannot connect: Connection refused", daemon=STREAM.unit)
        assert run(tunnel, TCP) == {"two": 6}
        counters = tunnel.b.counters(STREAM.unit)
        assert counters["backends_passed_over"] == 0 and counters["backends_down"] == 1, counters
        assert counters["backend_checks"] > counters["backend_checks_failed"] >= 3, counters
        assert "service stream: 1 backend is down of 2" in tunnel.b.funnelctl("status").stdout
        said = tunnel.b.funnelctl("backends", "stream").stdout
        assert re.search(r"127\.0\.0\.11:7103 +down .* failed .+ ago: cannot connect: Connection refused", said), said
        assert re.search(r"127\.0\.0\.12:7103 +up .* passed .+ ago", said), said

        # It takes connections, but is not what it should be: clients would see no failure.
        running["one"] = start_program(tunnel.network, "b", "named", HOSTS["one"], 7103, "mad")
        lab.wait_until(lambda: shown(tunnel, "stream")["127.0.0.11:7103"]["check_error"] ==
                       "the answer is not what check-expect says", "it is asked again", 30)
        assert run(tunnel, TCP) == {"two": 6}

        end(running.pop("one"))
        running["one"] = start_program(tunnel.network, "b", "named", HOSTS["one"], 7103, "ten")
        wait_states(tunnel, "stream", "up", "up")
        tunnel.b.wait_logged("backend-up", "127.0.0.11:7103 works again", daemon=STREAM.unit)
        assert run(tunnel, TCP) == {"ten": 3, "two": 3}
    finally:
        for process in running.values():
            end(process)


def test_a_udp_backend_that_only_keeps_silent_is_found(tunnel):
    named = start_program(tunnel.network, "b", "named", HOSTS["one"], 7103, "one")
    silent = start_program(tunnel.network, "b", "recorded_datagrams", "7104")
    try:
        wait_states(tunnel, "flows", "up", "down")
        lab.wait_until(lambda: shown(tunnel, "flows")["127.0.0.1:7104"]["check_error"] == "no answer within check-timeout",
                       "it keeps silent", 30)
        assert shown(tunnel, "flows")["127.0.0.1:7104"]["state"] == "down"
        assert run(tunnel, UDP) == {"one": 6}
        assert silent.stdout.readline() == "0077\n"
    finally:
        for process in (named, silent):
            end(process)


def test_a_name_server_is_asked_for_ns_and_a_reload_ends_checks(tunnel):
    wait_states(tunnel, "dns", "up", "down")
    tunnel.b.wait_logged("backend-down", f"127.0.0.2:{nsd.PORT} is down: check: no answer: Connection refused", daemon=DNS.unit)
    assert shown(tunnel, "dns")[f"127.0.0.1:{nsd.PORT}"]["check"] == "passed"
    for number in range(4):
        assert tunnel.nsd.dig("a", "127.0.0.1", 5353, f"host{number}", "TXT") == f'"this is host {number}"\n'
    assert tunnel.b.counters(DNS.unit)["backends_passed_over"] == 0

    path = tunnel.b.service_path("dns")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        write_file(path, re.sub(r"^check = .*\n", "", text, flags=re.MULTILINE))
        tunnel.b[DNS.unit].reload()
        lab.wait_until(lambda: {one["check"] for one in shown(tunnel, "dns").values()} == {None}, "no check is there", 30)
        wait_states(tunnel, "dns", "up", "returning")
        asked = tunnel.b.counters(DNS.unit)["backend_checks"]
        assert tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT") == '"this is host 5"\n'
        assert tunnel.b.counters(DNS.unit)["backend_checks"] == asked
    finally:
        write_file(path, text)
        tunnel.b[DNS.unit].reload()
    wait_states(tunnel, "dns", "up", "down")
