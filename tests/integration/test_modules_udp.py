"""Protocol modules of UDP services: what must arrive does, what nobody waits for any more does not, and a resend is known by
what it asks for.

    branch (a)                          RTT 50 ms, 4 % lost, 4 % late, each way                     hoster (b)
    radclient -> 127.0.0.1:7813 acct-with, module = radius ======================================> freeradius
                 127.0.0.1:7814 acct-without ====================================================> freeradius
    snmpget, snmptrap -> :7161 snmp, module = snmp ==============================================> a server that records
    questions -> 127.0.0.1:7053 dns, module = dns, suppress-resends, module-strict ==============> a server that records
"""
import json
import re
import struct

import pytest

import lab
from lab.backends.program import start_program
from lab.backends.radius import Radius
from lab.wan import Wan

REQUESTS, MANY = 200, 1500
# So short that what is lost once expires before it is sent again, where it may expire.
SHORT = "70ms"


def service(name, listen, connect, module=None, **keys):
    far = {"lifetime": "30s", "module": module}
    return lab.Service(name, "udp", (f"127.0.0.1:{listen}",), f"127.0.0.1:{connect}", connect_service=far,
                       listen_service={"module": module, "lifetime": "30s", **keys})


SERVICES = [
    service("acct-with", 7813, 1813, "radius", lifetime=SHORT),
    service("acct-without", 7814, 1813, lifetime=SHORT),
    service("snmp", 7161, 7162, "snmp"),
    service("dns", 7053, 7054, "dns", **{"suppress-resends": "yes", "resend-window": "30s", "module-strict": "yes"}),
]


@pytest.fixture(scope="module")
def tunnel(build, make_tunnel):
    made = make_tunnel(SERVICES)
    with Wan(build, delay=25, loss=4, reorder="4,20").around(made) as tunnel:
        yield tunnel


def counters(tunnel, name):
    return tunnel.a.counters(f"funnel-udpd@{name}")


def account(tunnel, server, port, requests, wait):
    """How many of the requests, each sent once, were answered within WAIT seconds."""
    text = "\n".join(f"User-Name = alice\nAcct-Status-Type = Interim-Update\nAcct-Session-Id = {number}\n" for number in range(requests))
    said = tunnel.network.run("a", "radclient", "-s", "-p", 20, "-r", "1", "-t", wait, "-S", server.path("secret"),
                              f"127.0.0.1:{port}", "acct", input=text, check=False, timeout=300).stdout
    outcome = {name.strip(): int(number) for name, number in re.findall(r"^\t([A-Z][a-z ]+): *(\d+)$", said, re.MULTILINE)}
    assert outcome, said[-2000:]
    return requests - outcome["Lost"]


def test_accounting_arrives_although_lost(tunnel):
    with Radius(tunnel) as server:
        # So many that some are lost: a packet has up to twenty, and one that is sent again at once is in time.
        assert account(tunnel, server, 7814, MANY, wait=2) < MANY
        # What is lost again and again waits longer each time.
        assert account(tunnel, server, 7813, REQUESTS, wait=20) == REQUESTS
    found = counters(tunnel, "acct-with")
    assert (found["module_recognised"], found["module_reliable"]) == (REQUESTS, REQUESTS)
    assert found["module_not_recognised"] == counters(tunnel, "acct-without")["module_recognised"] == 0


class Recorder:
    """What the server at b's PORT has received."""

    def __init__(self, tunnel, port):
        self.process = start_program(tunnel.network, "b", "recorded_datagrams", port)

    def next(self):
        return bytes.fromhex(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def send(tunnel, port, *datagrams):
    code = ("import socket, sys\nlink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "link.bind(('127.0.0.1', 7999))\n"
            "for one in sys.argv[2:]: link.sendto(bytes.fromhex(one), ('127.0.0.1', int(sys.argv[1])))")
    tunnel.network.run("a", "/usr/bin/python3", "-c", code, port, *(one.hex() for one in datagrams))


def is_trap(datagram):
    """Of version 2c: SEQUENCE, version, community "public", then the PDU's tag."""
    return datagram[datagram.index(b"public") + 6] == 0xA7


def test_a_trap_outlives_what_a_poll_does_not(tunnel):
    with Recorder(tunnel, 7162) as server:
        tunnel.network.cut()
        try:
            # Its patience ends a second after the poll has expired; the service itself would send it for 30 s.
            snmp(tunnel, 6, "snmpget", "1.3.6.1.2.1.1.5.0")
            snmp(tunnel, 1, "snmptrap", "", "1.3.6.1.6.3.1.1.5.2")
        finally:
            tunnel.network.cut(False)
        # The poll would have come first.
        assert is_trap(server.next())
    found = counters(tunnel, "snmp")
    assert (found["module_recognised"], found["module_reliable"]) == (2, 1)


def snmp(tunnel, patience, program, *arguments):
    tunnel.network.run("a", program, "-m", "", "-v2c", "-c", "public", "-r", "0", "-t", patience, "127.0.0.1:7161", *arguments, check=False)


def question(name=b"\x07example\x04test\x00", padding=None):
    options = b"" if padding is None else struct.pack(">HH", 12, padding) + bytes(padding)
    return (struct.pack(">HHHHHH", 17, 0x100, 1, 0, 0, 1) + name + struct.pack(">HH", 1, 1)
            + b"\0" + struct.pack(">HHIH", 41, 1232, 0, len(options)) + options)


def without_edns(asked):
    return asked[:11] + b"\0" + asked[12:-11]


def test_a_resend_is_known_by_what_it_asks(tunnel):
    asked = question()
    last = question(b"\x04last\x00")
    with Recorder(tunnel, 7054) as server:
        send(tunnel, 7053, asked, question(padding=8), asked, without_edns(asked), b"no DNS at all", last)
        assert {server.next() for _ in range(3)} == {asked, without_edns(asked), last}
    found = counters(tunnel, "dns")
    assert (found["resends_suppressed"], found["resends_by_meaning"], found["module_dropped"]) == (2, 1, 1)


def test_funnelctl_says_which_module_runs(tunnel):
    def asked(name):
        (said,) = json.loads(tunnel.a.funnelctl("sessions", name, "--json").stdout)
        return said
    # Servers that never answer: flows stay.
    with Recorder(tunnel, 1813), Recorder(tunnel, 7162), Recorder(tunnel, 7054):
        for name, port, module in (("acct-with", 7813, "radius"), ("acct-without", 7814, None), ("snmp", 7161, "snmp"), ("dns", 7053, "dns")):
            send(tunnel, port, question())
            lab.wait_until(lambda name=name: asked(name)["sessions"], f"{name} has a session", 10, detail=tunnel.describe)
            assert asked(name)["module"] == module
            assert all(session["module"] == module for session in asked(name)["sessions"]), name
    listed = json.loads(tunnel.a.funnelctl("modules", f"--modules={tunnel.a.modules}", "--json").stdout)["modules"]
    halves = {one["module"]: (one["connections"], one["datagrams"]) for one in listed}
    assert (halves["radius"], halves["snmp"], halves["ldap"]) == ((True, True), (False, True), (True, False))
