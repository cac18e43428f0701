"""Every command of funnelctl that only reads speaks JSON, and says nothing there that its schema does not document.

    branch (a)                              hoster (b)
    funnel-udpd@dns     ==== dns ====>      nsd

Commands are taken from funnelctl's own help: a new one fails here until it stands in ARGUMENTS and in a schema.
"""
import json
import os
import re
import subprocess

import pytest

import lab
from lab.realm import REALM

SCHEMAS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "funnelctl")
# What each reading command is asked with here.
ARGUMENTS = {
    "status": [], "check": [], "services": [], "show": ["dns"], "peers": [], "doctor": [], "metrics": [], "modules": [], "help-config": [],
    "allowed": ["dns", f"dns/hoster.funnel.test@{REALM}"], "channels": [], "sessions": ["dns"], "backends": [], "ping": ["dns", "-c", "1"],
    "top": ["--once", "--interval", "100ms"], "reload": ["--wait", "all"],
}
STREAMS = {"trace": ["dns"], "top": ["--interval", "100ms"]}
CHANGING = {"forward", "drain", "resume", "close", "reset", "log-level"}
# Where the fields of what is named otherwise, or refers to another section, are documented as well.
ALSO = {"channels": ["An edge's status", "funnel-sctpd"], "sessions": ["An edge's status"], "backends": ["An edge's status"],
        "status": ["funnel-sctpd", "funnel-authd", "funnelctl status --json"]}
# Objects whose keys are names, not fields: counters and labels.
NAMED = {"counters", "values", "labels"}


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service()], with_nsd=True).prepare().start().wait_up()
    made.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT")
    return made


def documented(command):
    """The fields that the command's sections name: as keys in an example, or in a table's first column."""
    fields, found = set(), []
    for name in ("json_schema.md", "command_schema.md", "status_schema.md"):
        with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
            _, *sections = re.split(r"^## ", file.read(), flags=re.MULTILINE)
        for section in sections:
            title = section.split("\n", 1)[0]
            if title in (command, *ALSO.get(command, [])):
                found.append(title)
                fields |= set(re.findall(r'"(\w+)"(?=[:,}])', section))
                fields |= {word for line in re.findall(r"^\| ([a-z_, ]+) \|", section, re.MULTILINE) for word in line.split(", ")}
    assert found, f"no schema has a section for {command}"
    return fields


def fields_of(value):
    if isinstance(value, list):
        return set().union(*map(fields_of, value))
    if not isinstance(value, dict):
        return set()
    out = set(value)
    for key, inner in value.items():
        named = key in NAMED and isinstance(inner, dict)
        out |= fields_of(list(inner.values()) if named else inner)
    return out


def commands(node):
    listed = node.funnelctl("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def stream(tunnel, command, enough, prod, arguments=None):
    """Objects as they come, a line each, until they are enough. `prod` makes something happen."""
    node, seen = tunnel.a, []
    running = tunnel.network.popen("a", node.path("funnelctl"), *node.common_options, command, *(arguments or STREAMS[command]), "--json",
                                   stdout=subprocess.PIPE, text=True)
    try:
        prod()
        while not enough(seen):
            line = running.stdout.readline()
            assert line.endswith("\n") and line.isascii(), line
            seen.append(json.loads(line))
    finally:
        running.kill()
        running.wait()
    return seen


def test_every_reading_command_has_json_with_documented_fields(tunnel):
    known = commands(tunnel.a)
    assert len(known) > 15 and set(known) == set(ARGUMENTS) | set(STREAMS) | CHANGING
    for command, arguments in ARGUMENTS.items():
        said = tunnel.a.funnelctl(command, *arguments, "--json", check=False).stdout
        said = "".join(line for line in said.splitlines(keepends=True) if not line.startswith("funnelctl: "))
        assert said.isascii()
        value = json.loads(said)
        assert isinstance(value, (dict, list))
        undocumented = fields_of(value) - documented(command)
        assert not undocumented, f"{command} --json: the schema does not have {sorted(undocumented)}"


def traced(tunnel, wanted, arguments=None):
    """What a trace shows of pings, until all of `wanted` have come: pairs of what and direction."""
    pings = []

    def ping():
        # The trace may begin while they are on their way, not before it was asked for.
        pings.append(tunnel.network.popen("a", tunnel.a.path("funnelctl"), *tunnel.a.common_options, "ping", "dns",
                                          "--count=100", stdout=subprocess.DEVNULL))

    def enough(seen):
        return wanted <= {(one["what"], one["direction"]) for one in seen}
    try:
        return stream(tunnel, "trace", enough, ping, arguments)
    finally:
        for one in pings:
            one.kill()
            one.wait()


def test_trace_is_an_object_a_line(tunnel):
    seen = traced(tunnel, {("PING", "out"), ("PONG", "in")})
    frame, record = seen[0], seen[1]
    assert frame["kind"] == "frame" and frame["what"] == "SEALED" and frame["channel"].startswith("dns/")
    assert frame["seq"] >= 0 and frame["size_bytes"] > 0 and record["kind"] == "record"
    assert record["time"] >= frame["time"] > 1.7e9
    assert fields_of(seen) <= documented("trace")


def test_trace_of_packets_is_an_object_a_line(tunnel):
    seen = traced(tunnel, {("I-DATA", "out"), ("SACK", "in")}, ["funnel-sctpd", "hoster"])
    packet, chunk = seen[0], seen[1]
    assert packet["kind"] == "packet" and packet["what"] == "PACKET" and packet["size_bytes"] > 12
    assert packet["address"] == "10.77.0.2:9899" and packet["carrier"] == "udp" and chunk["kind"] == "chunk"
    assert {one["peer"] for one in seen} == {"hoster"}
    assert fields_of(seen) <= documented("trace")


def test_top_is_an_object_for_each_interval(tunnel):
    def dig():
        tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT")
    seen = stream(tunnel, "top", lambda seen: len(seen) == 3, dig)
    for one in seen:
        assert one["node"] == "branch.funnel.test" and 100 <= one["interval_ms"] < 20000
        service, = one["services"]
        assert service["service"] == "dns" and service["bytes_out_per_s"] >= 0 and service["dropped_per_s"] == 0
        peer, = one["peers"]
        assert peer["peer"] == "hoster" and peer["state"] == "up" and peer["bytes_in_per_s"] >= 0
    assert fields_of(seen) <= documented("top")
