"""Real clients and servers of the protocols whose datagrams modules read, over a path that loses some and swaps some: what they say is what
they say to each other directly.

    branch (a)                         RTT 50 ms, 4 % lost, 4 % late, each way                   hoster (b)
    dig, dnsperf             -> 127.0.0.1:7053 dns,      module = dns ===========================> nsd
    snmpget, snmpbulkwalk    -> 127.0.0.1:7161 snmp,     module = snmp ==========================> snmpd
    snmptrap, snmpinform     -> 127.0.0.1:7162 traps,    module = snmp ==========================> snmptrapd
    kinit, kvno              -> 127.0.0.1:7088 kerberos, module = kerberos ======================> krb5kdc (k)
    kpasswd                  -> 127.0.0.1:7464 kpasswd,  module = kerberos ======================> kadmind (k)
    sipp                     -> 127.0.0.1:7060 sip,      module = sip ===========================> sipp
    eapol_test               -> 127.0.0.1:7182 radius,   module = radius ========================> freeradius, EAP
    logger                   -> 127.0.0.1:7514 syslog,   module = syslog ========================> rsyslogd
                                       All modules are strict: what one does not recognise is lost.
"""
import contextlib
import os
import re

import pytest

import lab
from lab import nsd
from lab.backends.radius import Radius
from lab.backends.sip import Sip
from lab.backends.snmp import Agent, TrapReceiver
from lab.backends.syslog import Syslog
from lab.kadmind import PORT as KADMIN_PORT, Kadmind
from lab.netns import ADDRESSES
from lab.realm import KDC_PORT, REALM
from lab.wan import Wan

CALLS = 60
DEVICES = 12
LINES, BURSTS = 200, 5
TRAPS, INFORMS = 40, 10


def service(name, listen, connect, module, lifetime="30s"):
    keys = {"module": module, "module-required": "yes", "module-strict": "yes", "lifetime": lifetime}
    return lab.Service(name, "udp", (f"127.0.0.1:{listen}",), connect, listen_service=keys, connect_service=keys)


SERVICES = [
    service("dns", 7053, f"127.0.0.1:{nsd.PORT}", "dns"),
    service("snmp", 7161, "127.0.0.1:1161", "snmp"),
    # So short that a trap would not survive a loss if it might expire.
    service("traps", 7162, "127.0.0.1:1162", "snmp", "70ms"),
    service("kerberos", 7088, f"{ADDRESSES['k']}:{KDC_PORT}", "kerberos"),
    service("kpasswd", 7464, f"{ADDRESSES['k']}:{KADMIN_PORT + 1}", "kerberos"),
    service("sip", 7060, "127.0.0.1:5060", "sip"),
    service("radius", 7182, "127.0.0.1:1812", "radius"),
    service("syslog", 7514, "127.0.0.1:1514", "syslog", "70ms"),
]


@pytest.fixture(scope="module")
def tunnel(build, make_tunnel):
    made = make_tunnel(SERVICES, with_nsd=True)
    with Wan(build, delay=25, loss=4, reorder="4,20").around(made) as tunnel:
        yield tunnel


@pytest.fixture(autouse=True)
def recognised(request):
    """For a test that is marked with services: at its end their modules have recognised all that went either way."""
    yield
    tunnel = request.getfixturevalue("tunnel")
    for mark in request.node.iter_markers("services"):
        for name in mark.args:
            for node in (tunnel.a, tunnel.b):
                found = node.counters(f"funnel-udpd@{name}")
                print(name, node.letter, {key: value for key, value in found.items() if key.startswith(("module_", "resends_"))})
                assert found["module_not_recognised"] == found["module_dropped"] == 0, (name, node.letter)
            assert tunnel.a.counters(f"funnel-udpd@{name}")["module_recognised"] > 0


def lines(tunnel, node, *command, **options):
    return tunnel.network.run(node, *command, timeout=120, **options).stdout.splitlines()


@pytest.mark.services("dns")
def test_dns(tunnel, tmp_path):
    asked = [f"{name}.{nsd.ZONE} {kind}" for name in ["www", "big", "nobody", *(f"host{number}" for number in range(40))]
             for kind in ("A", "AAAA", "TXT")]
    questions = tmp_path / "questions"
    questions.write_text("\n".join(asked) + "\n", encoding="ascii")

    def answers(node, port):
        return lines(tunnel, node, "dig", "@127.0.0.1", "-p", port, "+tries=4", "+time=5", "+bufsize=4096", "+noall", "+answer",
                     "+authority", "-f", questions)
    direct = answers("b", nsd.PORT)
    assert len(direct) > len(asked) and answers("a", 7053) == direct

    def codes(node, port):
        said = tunnel.network.run(node, "dnsperf", "-s", "127.0.0.1", "-p", port, "-d", questions, "-n", 10, "-q", 60, "-t", 20,
                                  timeout=120).stdout
        return re.search(r"Queries lost: +(\d+) ", said)[1], re.search(r"Response codes: +(.*)", said)[1]
    assert codes("a", 7053) == codes("b", nsd.PORT)
    assert codes("a", 7053)[0] == "0"


@pytest.mark.services("snmp")
def test_snmp(tunnel):
    with Agent(tunnel, 1161) as agent:
        for version in (agent.V2, agent.V3):
            direct = agent.bulk_walk("b", "127.0.0.1:1161", version)
            assert len(direct) == agent.ROWS
            assert agent.bulk_walk("a", "127.0.0.1:7161", version) == direct
            assert agent.get("a", "127.0.0.1:7161", version) == agent.get("b", "127.0.0.1:1161", version) == [f"row {agent.ROWS}"]
            place = f"shelf of {version[0]}"
            agent.set_place("a", "127.0.0.1:7161", version, place)
            assert agent.place("b", "127.0.0.1:1161", version) == agent.place("a", "127.0.0.1:7161", version) == [place]


@pytest.mark.services("traps")
def test_no_trap_is_lost(tunnel):
    with TrapReceiver(tunnel, 1162) as receiver:
        for number in range(TRAPS):
            receiver.trap("a", "127.0.0.1:7162", f"trap {number}")
        for number in range(INFORMS):
            receiver.inform("a", "127.0.0.1:7162", f"inform {number}")
        wanted = {f"trap {number}" for number in range(TRAPS)} | {f"inform {number}" for number in range(INFORMS)}
        lab.wait_until(lambda: set(receiver.texts()) == wanted, "all traps come", 30, detail=lambda: str(receiver.texts()))
    assert tunnel.a.counters("funnel-udpd@traps")["module_reliable"] >= TRAPS + INFORMS


class Client:
    """Somebody at the branch, whose KDC and password server are reached by UDP only."""

    def __init__(self, tunnel, folder):
        self.tunnel, self.folder = tunnel, folder
        with open(tunnel.realm.config, encoding="utf-8") as file:
            text = file.read().replace("default_ccache_name = MEMORY:", f"default_ccache_name = FILE:{folder}/cache")
        self.configs = {"a": folder / "through.conf", "b": folder / "direct.conf"}
        self.configs["b"].write_text(text, encoding="ascii")
        at = f"{ADDRESSES['k']}:{KDC_PORT}"
        self.configs["a"].write_text(text.replace(at, "127.0.0.1:7088\n        kpasswd_server = 127.0.0.1:7464"), encoding="ascii")

    def run(self, node, program, *arguments, **options):
        return self.tunnel.network.run(node, "env", f"KRB5_CONFIG={self.configs[node]}", program, *arguments, timeout=60, **options).stdout

    def tickets(self, node, password, services):
        """What the cache has then: for each service its ticket's flags and encryption types."""
        self.run(node, "kinit", "alice", input=password + "\n")
        self.run(node, "kvno", *services)
        shown = self.run(node, "klist", "-ef")
        return sorted(re.findall(r"  (\S+@\S+)\n\tFlags: (\S+), Etype \(skey, tkt\): (.*)", shown))


@pytest.mark.services("kerberos", "kpasswd")
def test_kerberos(tunnel, tmp_path):
    services = [f"http/host{number}.funnel.test" for number in range(12)]
    kadmind = Kadmind(tunnel.realm)
    try:
        tunnel.realm.admin("addprinc -pw rabbit-hole +requires_preauth alice")
        tunnel.realm.add(*services)
        client = Client(tunnel, tmp_path)
        direct = client.tickets("b", "rabbit-hole", services)
        assert [name for name, *_ in direct] == sorted(f"{name}@{REALM}" for name in [*services, f"krbtgt/{REALM}"])
        assert client.tickets("a", "rabbit-hole", services) == direct
        assert "not found in Kerberos database" in client.run("a", "kvno", "http/nobody.funnel.test", check=False)

        assert "Password changed." in client.run("a", "kpasswd", "alice", input="rabbit-hole\nlooking-glass\nlooking-glass\n")
        assert client.tickets("b", "looking-glass", services) == direct
        assert "Password incorrect" in client.run("a", "kinit", "alice", input="rabbit-hole\n", check=False)
    finally:
        kadmind.stop()


@pytest.mark.services("sip")
def test_sip(tunnel):
    with Sip(tunnel, "udp") as server:
        def outcome(node, local, where):
            said = server.call(node, local, where, CALLS)
            return [re.findall(rf"{what} call +\| +\d+ +\| +(\d+)", said)[-1] for what in ("Successful", "Failed")]
        assert outcome("a", "127.0.0.1", "127.0.0.1:7060") == outcome("b", "127.0.0.2", "127.0.0.1:5060") == [str(CALLS), "0"]


@pytest.mark.services("radius")
@pytest.mark.parametrize("method", ["MD5", "TTLS"])
def test_devices_log_in(tunnel, method):
    passwords = ["wonderland" if number % 4 else "wrong" for number in range(DEVICES)]
    with Radius(tunnel, eap=True) as server:
        direct, found = server.log_in("b", 1812, passwords, method), server.log_in("a", 7182, passwords, method)
    print(f"EAP-{method}: {found[0][1]} round trips")
    assert found == direct
    assert [verdict for verdict, _ in found] == ["SUCCESS" if password == "wonderland" else "FAILURE" for password in passwords]


@pytest.mark.services("syslog")
def test_no_line_of_the_log_is_lost(tunnel, tmp_path):
    said = {form: [f"{form} line {number} {'x' * (number % 50)}" for number in range(LINES)] for form in ("--rfc5424", "--rfc3164")}
    with Syslog(tunnel, 1514) as server:
        def come_by(node, port, at_once=False):
            server.forget()
            for form, texts in said.items():
                held = tunnel.a["funnel-udpd@syslog"].held_up() if at_once else contextlib.nullcontext()
                path = tmp_path / f"said{form}"
                path.write_text("\n".join(texts) + "\n", encoding="ascii")
                os.chmod(path, 0o644)
                with held:
                    tunnel.network.run(node, "logger", "-d", "-n", "127.0.0.1", "-P", port, form, "-t", "branch", "-p", "local3.crit",
                                       "-f", path)
            lab.wait_until(lambda: len(server.messages()) >= 2 * LINES, "all lines come", 30, detail=lambda: str(len(server.messages())))
            return server.messages()
        direct = come_by("b", 1514)
        assert direct == sorted(f"local3.crit branch {text}" for texts in said.values() for text in texts)
        assert come_by("a", 7514) == direct
        # Each flow's first packet brings what opens it; when it is late, all of the burst overtakes it.
        for _ in range(BURSTS):
            assert come_by("a", 7514, at_once=True) == direct
    assert tunnel.a.counters("funnel-udpd@syslog")["module_reliable"] == 2 * LINES * (1 + BURSTS)
    assert tunnel.b.counters("funnel-udpd@syslog")["datagrams_out"] == 2 * LINES * (1 + BURSTS)
