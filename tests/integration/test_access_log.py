"""A line about each connection and flow that has ended, at both ends, where access-log says so: who had what from whom, for how
long, and who ended it.

    branch (a)                                           hoster (b)
    driven client -> 127.0.0.1:7002 "stream" tcp ======= 127.0.0.1:7102 driven backend
    client        -> 127.0.0.1:7003 "mirror" udp ======= 127.0.0.1:7103 echoes
                     127.0.0.1:7004 "quiet"  tcp ======= 127.0.0.1:7104 driven backend
"""
import json

import pytest

import lab
from lab.backends.driven import End, Pair
from lab.backends.program import start_program

JSON = {"access-log": "json"}
STREAM = lab.Service("stream", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102", listen_service=JSON, connect_service=JSON)
MIRROR = lab.Service("mirror", "udp", ("127.0.0.1:7003",), "127.0.0.1:7103", listen_service={**JSON, "idle-timeout": "1s"},
                     connect_service=JSON)
QUIET = lab.Service("quiet", "tcp", ("127.0.0.1:7004",), "127.0.0.1:7104")
ASK = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(10); s.connect(("127.0.0.1", 7003))
for _ in range(2):
    s.send(b"question")
    s.recv(100)
print(s.getsockname()[1])
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([STREAM, MIRROR, QUIET]).prepare().start().wait_up()
    backend = start_program(made.network, "b", "echo_datagrams", 7103)
    yield made
    backend.kill()
    backend.communicate()


def records(node, service):
    lines = [line[line.index("{"):] for line in node[service.unit].log.splitlines() if '"event":"access"' in line]
    return [json.loads(line) for line in lines]


def record_of(node, service, port):
    def found():
        return next((one for one in records(node, service) if one["client"] == f"127.0.0.1:{port}"), None)
    return lab.wait_until(found, f"a line at {node.peer_name} about {port}", 15, 0.1, node.describe)


def require_both(tunnel, service, port, **facts):
    near, far = record_of(tunnel.a, service, port), record_of(tunnel.b, service, port)
    for one in (near, far):
        assert {key: one[key] for key in facts} == facts and one["service"] == service.name
        assert one["local"] == service.listen[0]
    assert near["peer"] == "hoster" and far["peer"] == "branch"
    assert near["principal"] == lab.service.principal(service.name, tunnel.b.node_name)
    assert far["principal"] == lab.service.principal(service.name, tunnel.a.node_name)
    assert near["backend"] is None and far["backend"] == service.connect
    return near, far


@pytest.mark.parametrize("first, second", [("client", "backend"), ("backend", "client")])
def test_a_connection_that_both_have_closed(tunnel, first, second):
    with Pair(tunnel, 7002, 7102) as pair:
        port = pair.client.ask("port")
        assert pair.client.ask("send 100") == "sent" and pair.backend.ask("read 100") == "read"
        assert pair.backend.ask("send 7") == "sent" and pair.client.ask("read 7") == "read"
        assert getattr(pair, first).ask("finish") == "finished" and getattr(pair, second).ask("read 1") == "ended"
        assert getattr(pair, second).ask("finish") == "finished"
        ends = require_both(tunnel, STREAM, port, bytes_from_client=100, bytes_to_client=7, end="closed", ended_by=first)
    assert all(0 <= one["first_answer_ms"] <= one["lasted_ms"] for one in ends)


@pytest.mark.parametrize("who", ["client", "backend"])
def test_a_connection_that_one_has_reset(tunnel, who):
    with Pair(tunnel, 7002, 7102) as pair:
        port = pair.client.ask("port")
        other = pair.backend if who == "client" else pair.client
        assert other.ask("send 10") == "sent"
        reset_by = getattr(pair, who)
        assert reset_by.ask("read 1") == "read"
        reset_by.stop()  # with bytes unread, which makes a reset of it
        require_both(tunnel, STREAM, port, end="reset", ended_by=who)


def test_a_connection_without_a_backend(tunnel):
    client = End(tunnel.network, "a", "connect", 7002)
    try:
        port = client.ask("port")
        assert client.ask("read 1") == "reset"
    finally:
        client.stop()
    near, far = require_both(tunnel, STREAM, port, bytes_from_client=0, bytes_to_client=0, end="connect-failed",
                             ended_by="backend")
    assert near["first_answer_ms"] is None and far["first_answer_ms"] is None


def test_a_flow(tunnel):
    port = tunnel.run("a", "/usr/bin/python3", "-c", ASK).stdout.strip()
    near, far = require_both(tunnel, MIRROR, port, bytes_from_client=16, bytes_to_client=16)
    assert (near["end"], near["ended_by"]) == ("idle-timeout", "here") and (far["end"], far["ended_by"]) == ("ended", "far side")
    assert near["lasted_ms"] >= 1000


def test_nothing_is_logged_unasked_and_all_of_it_after_a_reload(tunnel):
    with Pair(tunnel, 7004, 7104) as pair:
        port = pair.client.ask("port")
    lab.wait_until(lambda: tunnel.a.counters(QUIET.unit)["sessions"] == 0, "it is over")
    assert f"127.0.0.1:{port}" not in tunnel.a[QUIET.unit].log
    path = tunnel.a.service_path("quiet")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("[listen]", "access-log = journal\n[listen]"))
    tunnel.a[QUIET.unit].reload()
    # More than other lines of one event and service may be in a minute.
    for _ in range(8):
        with Pair(tunnel, 7004, 7104) as pair:
            port = pair.client.ask("port")
        tunnel.a.wait_logged(f"access: 127.0.0.1:{port} at quiet: ", f"CLIENT=127.0.0.1:{port}", "PEER=hoster", daemon=QUIET.unit)
    assert tunnel.a.counters(QUIET.unit)["access_lines_lost"] == 0
