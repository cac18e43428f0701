"""funnelctl's commands to running daemons: each does what it says.

    branch (a)                                   hoster (b)
    dig    -> 127.0.0.1:5353 funnel-udpd@dns  ====  funnel-udpd@dns  -> nsd
    client -> 127.0.0.1:7001 funnel-tcpd@echo ====  funnel-tcpd@echo -> 127.0.0.1:7101: echoes
    funnelctl -> run/edge/SERVICE/control.sock, authd.sock, sctpd.sock
"""
import json
import os
import re
import select
import subprocess

import pytest

import lab
from lab.backends.program import start_program

ANSWER = '"this is host 5"\n'
ECHO = lab.Service("echo", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
# One connection: a line in is sent and its echo printed; "reset" or "end" when it is over.
CLIENT = """
import socket, sys
try: s = socket.create_connection(("127.0.0.1", 7001), 10)
except ConnectionResetError: s = socket.socket()
for line in sys.stdin:
    try:
        s.sendall(line.encode())
        got = s.recv(1000).decode()
        print(got.strip() or "end", flush=True)
    except OSError: print("reset", flush=True)
"""


class Client:
    def __init__(self, tunnel):
        self.process = tunnel.network.popen("a", "/usr/bin/python3", "-u", "-c", CLIENT, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service(), ECHO], with_nsd=True).prepare().start()
    backend = start_program(made.network, "b", "echo_stream", 7101)
    yield made.wait_up()
    backend.kill()
    backend.wait()


def ask(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=1", "+tries=1", check=False)


def as_json(node, *arguments):
    return json.loads(node.funnelctl(*arguments, "--json").stdout)


def sessions(node, service):
    return as_json(node, "sessions", service)[0]["sessions"]


# Reading

def test_sessions_show_a_connection_at_both_ends(tunnel):
    with Client(tunnel) as client:
        assert client.say("hello") == "hello"
        here, there = sessions(tunnel.a, "echo"), sessions(tunnel.b, "echo")
        assert len(here) == len(there) == 1
        assert here[0]["id"].split(".")[1] == there[0]["id"].split(".")[1]
        assert here[0]["client"] == there[0]["client"] and here[0]["client"].startswith("127.0.0.1:")
        assert here[0]["state"] == there[0]["state"] == "open"
        assert here[0]["bytes_sent"] == here[0]["bytes_received"] == there[0]["bytes_sent"] == len("hello\n")
        assert here[0]["idle_ms"] <= here[0]["age_ms"] < 60000
        assert there[0]["backend"] == "127.0.0.1:7101" and here[0]["backend"] is None
        shown = tunnel.a.funnelctl("sessions").stdout
        assert f"echo/{here[0]['id']}" in shown and here[0]["client"] in shown


def test_sessions_show_flows_at_both_ends(tunnel):
    assert ask(tunnel) == ANSWER
    here, there = sessions(tunnel.a, "dns"), sessions(tunnel.b, "dns")
    assert {one["client"] for one in here} == {one["client"] for one in there} != set()
    assert all(one["bytes_received"] > one["bytes_sent"] > 0 for one in here), here


def test_channels_show_who_is_there_and_how_it_is_sealed(tunnel):
    listed = as_json(tunnel.a, "channels")
    assert sorted(one["service"] for one in listed) == ["dns", "echo"]
    for one in listed:
        assert one["edge"]["channel"] == one["sctpd"]["channel"]
        assert one["edge"]["remote_principal"] == f"{one['service']}/hoster.funnel.test@FUNNEL.TEST"
        assert one["edge"]["enctype"].startswith("aes") and one["edge"]["epoch"] == 0
        assert one["edge"]["rtt_ms"] > 0 and one["edge"]["expires"] > one["edge"]["since"]
    shown = tunnel.a.funnelctl("channels").stdout
    assert "dns/1" in shown and "echo/hoster.funnel.test@FUNNEL.TEST" in shown and "aes" in shown


@pytest.mark.parametrize("service", ["dns", "echo"])
def test_ping_goes_round_from_either_end(tunnel, service):
    for node, peer in ((tunnel.a, "hoster"), (tunnel.b, "branch")):
        said = node.funnelctl("ping", service, "-c", "2").stdout
        assert f"answer from {peer} in" in said and "2 sent, 2 answered; min" in said
        tally = as_json(node, "ping", service, "--count=1")
        assert tally["answered"] == 1 and 0 < tally["min_ms"] <= tally["avg_ms"] <= tally["max_ms"]


def test_trace_has_frames_and_records_and_no_payload(tunnel):
    seen = b""
    trace = tunnel.network.popen("a", tunnel.a.path("funnelctl"), *tunnel.a.common_options, "trace", "echo",
                                 stdout=subprocess.PIPE)

    def traced():
        nonlocal seen
        assert client.say("secret-word") == "secret-word"
        if select.select([trace.stdout], [], [], 0.1)[0]:
            seen += os.read(trace.stdout.fileno(), 65536)
        return b" <-   MESSAGE session=" in seen
    try:
        with Client(tunnel) as client:
            lab.wait_until(traced, "a message is traced", 15, 0.01, tunnel.describe)
    finally:
        trace.kill()
        trace.wait()
    assert re.search(rb"\d\d:\d\d:\d\d\.\d{6} echo/\d+ -> SEALED seq=\d+ epoch=0 size=\d+ reliable\n", seen)
    assert re.search(rb"echo/\d+ ->   MESSAGE session=\d+ number=\d+ size=12 order=", seen)
    assert b"secret" not in seen


# Changing

def test_reset_ends_one_session_and_no_other(tunnel):
    with Client(tunnel) as one, Client(tunnel) as other:
        assert one.say("a") == "a"
        lab.wait_until(lambda: len(sessions(tunnel.a, "echo")) == 2, "both are sessions", 10, 0.05, tunnel.describe)
        first = [session for session in sessions(tunnel.a, "echo") if session["bytes_sent"] > 0]
        assert other.say("b") == "b" and len(first) == 1
        tunnel.a.funnelctl("reset", f"echo/{first[0]['id']}")
        assert one.say("a") in ("reset", "end") and other.say("b") == "b"
        said, status = tunnel.a.refused("reset", f"echo/{first[0]['id']}")
        assert "there is no session" in said and status == 1
    assert tunnel.a.refused("reset", "echo")[1] == 2


def test_close_ends_a_channel_and_a_new_one_comes(tunnel):
    before = as_json(tunnel.a, "channels")
    number = next(one["edge"]["number"] for one in before if one["service"] == "dns")
    assert "closed 1 channel\n" in tunnel.a.funnelctl("close", f"dns/{number}").stdout

    def renewed():
        return any(one["service"] == "dns" and one["edge"] and one["edge"]["number"] > number
                   and one["edge"]["state"] == "open" for one in as_json(tunnel.a, "channels"))
    lab.wait_until(renewed, "a new channel is up", 15, 0.05, tunnel.describe)
    assert ask(tunnel) == ANSWER
    assert "there is no channel" in tunnel.a.refused("close", f"dns/{number}")[0]
    log = tunnel.b["funnel-udpd@dns"].log
    assert "closed by an administrator" in log and "channel-truncated" not in log


def test_drained_client_side_resets_newcomers_and_keeps_who_is_there(tunnel):
    with Client(tunnel) as old:
        assert old.say("a") == "a"
        try:
            assert "1 session is left" in tunnel.a.funnelctl("drain", "echo").stdout
            assert old.say("b") == "b"
            with Client(tunnel) as new:
                assert new.say("c") in ("reset", "end")
            assert as_json(tunnel.a, "sessions", "echo")[0]["draining"]
            assert "draining, 1 session left" in tunnel.a.funnelctl("status").stdout
            said, status = tunnel.a.refused("drain", "echo", "--wait", "--timeout=300ms")
            assert "1 session is left" in said and status == 1
            waiting = tunnel.network.popen("a", tunnel.a.path("funnelctl"), *tunnel.a.common_options, "drain", "echo",
                                           "--wait", stdout=subprocess.PIPE, text=True)
            assert waiting.stdout.readline() == "echo: takes no new sessions; 1 session is left\n"
            old.process.kill()
            assert waiting.wait(timeout=10) == 0
        finally:
            tunnel.a.funnelctl("resume", "echo")
    with Client(tunnel) as new:
        assert new.say("d") == "d"


def test_drained_server_side_says_so_to_the_other_end(tunnel):
    try:
        tunnel.b.funnelctl("drain", "all")
        with Client(tunnel) as new:
            assert new.say("c") in ("reset", "end")
        tunnel.a.wait_logged("far-end-draining", "it is drained", daemon="funnel-tcpd@echo")
        assert ask(tunnel) != ANSWER
        tunnel.a.wait_logged("far-end-draining", daemon="funnel-udpd@dns")
    finally:
        tunnel.b.funnelctl("resume", "all")
    assert ask(tunnel) == ANSWER
    with Client(tunnel) as new:
        assert new.say("d") == "d"


@pytest.mark.parametrize("daemon", ["funnel-authd", "funnel-sctpd", "funnel-udpd@dns"])
def test_log_level_comes_back_by_itself(tunnel, daemon):
    assert "for" not in tunnel.a.refused("log-level", daemon, "loud")[0]
    said = tunnel.a.funnelctl("log-level", daemon, "warning", "--for", "200ms").stdout
    assert f"{daemon}: logs warning and more severe until 200ms have passed" in said
    tunnel.a[daemon].wait_logged("back to the configured level")


# Who is there

def test_options_may_stand_before_the_command(tunnel):
    assert "1 answered" in tunnel.a.funnelctl("--count", "1", "ping", "dns").stdout
    assert json.loads(tunnel.a.funnelctl("--json", "-c", "1", "ping", "dns").stdout)["answered"] == 1


def test_status_is_for_monitoring(tunnel):
    assert tunnel.a.funnelctl("status").returncode == 0
    assert tunnel.a.refused("--run", "/nonexistent", "status")[1] == 2


def test_ping_says_what_a_channel_waits_for(tunnel):
    tunnel.b["funnel-sctpd"].stop()
    try:
        lab.wait_until(lambda: "there is no channel" in tunnel.a.refused("ping", "dns", "-c", "1")[0],
                       "the channel is gone", 20, 0.2, tunnel.describe)
        said, status = tunnel.a.refused("ping", "dns", "-c", "3")
        assert status == 1 and "waits" in said and "hoster" in said, said
    finally:
        tunnel.b["funnel-sctpd"].start()
        tunnel.wait_up()


def test_dead_daemon_is_reported_and_its_successor_answers(tunnel):
    edge = tunnel.a["funnel-udpd@dns"]
    edge.stop()
    try:
        for command in (["ping", "dns"], ["sessions", "dns"], ["reload", "--wait", "funnel-udpd@dns.service"]):
            said, status = tunnel.a.refused(*command)
            assert status == 1 and "does not run: nobody holds its control socket" in said
        assert "nothing has changed" in tunnel.a.funnelctl("reload", "--wait", "all").stdout
    finally:
        edge.start()
        edge.wait_ready()
        tunnel.wait_up()
    assert "1 answered" in tunnel.a.funnelctl("ping", "dns", "-c", "1").stdout
