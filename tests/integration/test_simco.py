"""Agents drive a firewall through a SIMCO service with module = simco, over a wide area network that loses, delays, reorders and
duplicates packets. Agents and middlebox check the order in which messages come, and packets pass the firewall, or do not.

    branch (a)               RTT 50 ms; 4 % lost, 4 % late, 1 % twice, each way             hoster (b)
    agents.py  -> 127.0.0.1:7627 ===============================================> middlebox.py -> nftables
                                                                       in ---- forwards from rule to rule ---- out
"""
import struct
import subprocess

import pytest

import lab
from lab.backends.simco import EXTERNAL, FIRST, INTERNAL, PORT, Simco
from lab.wan import Wan

LISTEN = 7627
RULES = 200
# So many a second that some are surely lost or late while others are on their way.
RATE = 200
FEW = 8
KEYS = {"module": "simco", "module-required": "yes"}
SERVICE = lab.Service("simco", "tcp", (f"127.0.0.1:{LISTEN}",), f"127.0.0.1:{PORT}", listen_service=KEYS, connect_service=KEYS)
SESSION = struct.pack(">HHIHHI", 0x0101, 8, 1, 1, 4, 3 << 24)
# What is not SIMCO, and what begins as SIMCO and is none.
HOSTILE = {
    "tls": bytes.fromhex("1603010200010001fc0303") + bytes(500),
    "another version": struct.pack(">HHIHHI", 0x0101, 8, 1, 1, 4, 2 << 24),
    "no session": struct.pack(">HHI", 0x0122, 0, 1),
    "cut": SESSION[:13],
    "an attribute longer than its message": SESSION + struct.pack(">HHIHH", 0x0121, 8, 2, 5, 5) + bytes(4),
    "an attribute shorter than it must be": SESSION + struct.pack(">HHIHHH", 0x0121, 6, 2, 5, 2, 0),
    "a message longer than it can be": SESSION + struct.pack(">HHI", 0x0115, 0xFFFF, 2) + bytes(70000),
    "a reply from the agent": SESSION + struct.pack(">HHI", 0x0216, 0, 2),
}
SEND = """
import contextlib, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection, contextlib.suppress(ConnectionError):
    connection.sendall(sys.stdin.buffer.read())
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass
"""


@pytest.fixture(scope="module")
def tunnel(build, make_tunnel):
    made = make_tunnel([SERVICE])
    with Wan(build, delay=25, loss=4, reorder="4,20", dup=1).around(made) as tunnel:
        yield tunnel


@pytest.fixture(scope="module")
def middlebox(tunnel):
    with Simco(tunnel, RULES) as server:
        yield server


def counted(tunnel, name):
    return [getattr(tunnel, node).counters(SERVICE.unit)[name] for node in "ab"]


def test_many_rules_come_to_the_same_as_directly(tunnel, middlebox):
    assert middlebox.reached() == []
    direct = middlebox.enable("b", PORT, RATE)
    assert direct["overtaken"] == 0 and 0 < len(direct["open"]) < RULES and direct["lists"] == [0, len(direct["open"])]
    assert middlebox.reached() == direct["open"]
    assert middlebox.agent("b", PORT, "delete") == {"deleted": len(direct["open"])}
    assert middlebox.reached() == []

    found = middlebox.enable("a", LISTEN, RATE)
    assert {**found, "overtaken": 0} == direct
    assert middlebox.reached() == found["open"]
    print(f"simco: {found['overtaken']} replies overtook; messages {counted(tunnel, 'messages_overtook')}")
    assert found["overtaken"] > 0 and min(counted(tunnel, "messages_overtook")) > 0
    assert counted(tunnel, "module_fallbacks") == [0, 0]

    assert middlebox.agent("a", LISTEN, "delete") == {"deleted": len(found["open"])}
    assert middlebox.reached() == []


def test_events_of_a_rule_come_in_order(tunnel, middlebox):
    """An agent that only listens hears of each rule what was done to it, in that order, whatever overtakes."""
    with middlebox.watched("a", LISTEN, RULES) as events:
        middlebox.enable("a", LISTEN, RATE)
        middlebox.agent("a", LISTEN, "delete")
    reserved = [told for told in events.values() if told == [1000, 1000, 1200, 1400, 0]]
    enabled = [told for told in events.values() if told == [1000, 1200, 1400, 0]]
    assert (len(events), len(reserved), len(enabled)) == (RULES, RULES // 4, RULES - RULES // 4)


def test_disabled_rules_end(tunnel, middlebox):
    for node, port in (("b", PORT), ("a", LISTEN)):
        assert middlebox.agent(node, port, "disable", INTERNAL, EXTERNAL, FIRST, 40) == {"ended": 40, "refused": "0350", "again": "0212"}
        assert middlebox.reached() == [FIRST]
        assert middlebox.agent(node, port, "delete") == {"deleted": 1}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_input_harms_no_other_session(tunnel, middlebox, what):
    before = counted(tunnel, "module_fallbacks")[0]
    with middlebox.watched("a", LISTEN, FEW) as events:
        with tunnel.network.popen("a", "/usr/bin/python3", "-c", SEND, str(LISTEN), stdin=subprocess.PIPE) as hostile:
            hostile.communicate(HOSTILE[what], timeout=60)
        middlebox.enable("a", LISTEN, RATE, FEW)
        middlebox.agent("a", LISTEN, "delete")
    assert len(events) == FEW
    assert counted(tunnel, "violations") == [0, 0]
    # A beginning without an end is no other protocol.
    assert (counted(tunnel, "module_fallbacks")[0] > before) == (what != "cut")
