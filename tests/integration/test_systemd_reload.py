"""systemctl reload while traffic runs: nothing is lost, no session ends; what is broken changes nothing and is reported.

    guest a "branch"                                guest b "hoster"
    dns load     -> funnel-udpd@dns  -> sctpd ==== sctpd -> funnel-udpd@dns  -> nsd
    LDAP session -> funnel-tcpd@ldap ->  "          "    -> funnel-tcpd@ldap -> slapd
"""
import contextlib
import subprocess

import pytest

import lab
from lab import nsd, traffic
from lab.service import principal

DNS = lab.dns_service(listen=("127.0.0.1:53",))
LDAP = lab.ldap_service(listen=("127.0.0.1:389",))
UNITS = ("funnel-authd.service", "funnel-sctpd.service", "funnel-udpd@dns.service", "funnel-tcpd@ldap.service")
RATE, SECONDS = 100, 8

# Holds one LDAP connection: an anonymous search of the root entry for each line that comes in; prints how long the answer is.
SESSION = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 389), 10)
search = bytes.fromhex("30250201016320" "0400" "0a0100" "0a0100" "020100" "020100" "010100" "870b6f626a656374436c617373" "3000")
for line in sys.stdin:
    s.sendall(search)
    print(len(s.recv(65536)), flush=True)
"""


@pytest.fixture(scope="module")
def tunnel(make_installed):
    made = make_installed([DNS, LDAP], with_nsd=True, with_slapd=True).prepare().start().wait_up()
    lab.wait_until(lambda: ask(made), "dig is answered", 30, detail=made.describe)
    return made


def ask(tunnel):
    done = tunnel.network.run("a", "dig", "@127.0.0.1", "+short", "+time=3", "+tries=1", f"host5.{nsd.ZONE}", "TXT", check=False)
    return done.stdout == '"this is host 5"\n'


class Session:
    def __init__(self, tunnel):
        self.process = tunnel.network.popen("a", "/usr/bin/python3", "-c", SESSION, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)

    def works(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline() or 0) > 0

    def stop(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def session(tunnel):
    held = Session(tunnel)
    try:
        assert held.works()
        yield held
        assert held.works(), "the connection was lost"
    finally:
        held.stop()


def pids(tunnel):
    return {(letter, unit): node.guest.main_pid(unit) for letter, node in tunnel.nodes.items() for unit in UNITS}


def test_reloading_everything_under_traffic_loses_nothing(tunnel):
    with session(tunnel):
        before = pids(tunnel)
        load = traffic.start_dns_load(tunnel, 53, RATE * SECONDS, RATE)
        for node in tunnel.nodes.values():
            node.write("services.d/dns.ini.d/changed.ini", "[service]\nlifetime = 4s\n")
            node.write("services.d/ldap.ini.d/changed.ini", "[service]\nmax-sessions = 500\n")
            for unit in UNITS:
                node.guest.systemctl("reload", unit)
        done = traffic.result(load, timeout=SECONDS + 60)
        assert (done["answered"], done["wrong"]) == (done["sent"], 0), done["gaps"]
        assert pids(tunnel) == before


def test_a_changed_value_is_in_force(tunnel):
    tunnel.a.write("services.d/dns.ini.d/changed.ini", "[service]\nlifetime = 3s\n")
    tunnel.a.guest.systemctl("reload", "funnel-udpd@dns.service")
    assert "lifetime" in tunnel.a.guest.journal("-u", "funnel-udpd@dns.service", "-n", "30")


@pytest.mark.parametrize("unit", UNITS)
def test_a_broken_configuration_fails_the_reload_and_changes_nothing(tunnel, unit):
    name = "services.d/dns.ini.d/broken.ini"
    with session(tunnel):
        before = pids(tunnel)
        tunnel.a.write(name, "[service]\npear = hoster\n")
        try:
            assert tunnel.a.guest.systemctl("reload", unit, check=False).returncode != 0
            told = tunnel.a.guest.journal("-u", unit, "-n", "30")
            assert "broken.ini:2" in told and "pear" in told
            assert ask(tunnel) and pids(tunnel) == before
        finally:
            tunnel.a.write(name, "")
        tunnel.a.guest.systemctl("reload", unit)


def test_a_changed_port_is_reported_with_the_command_that_changes_it(tunnel):
    name = "services.d/dns.ini.d/port.ini"
    tunnel.a.write(name, "[listen]\naddress = 127.0.0.1:54\n")
    try:
        tunnel.a.guest.systemctl("reload", "funnel-udpd@dns.service", check=False)
        told = tunnel.a.guest.journal("-u", "funnel-udpd@dns.service", "-n", "30")
        assert "systemctl restart funnel-udpd@dns.socket" in told
        assert ask(tunnel), "the old port serves on"
    finally:
        tunnel.a.write(name, "")
        tunnel.a.guest.systemctl("reload", "funnel-udpd@dns.service")


def test_a_changed_keytab_is_picked_up(tunnel):
    """New keys at both ends and at the KDC: after the reload, new channels come up with them and old ones go on."""
    with session(tunnel):
        names = {letter: [principal(service, node.node_name) for service in ("funnel", "dns", "ldap")]
                 for letter, node in tunnel.nodes.items()}
        for letter, node in tunnel.nodes.items():
            for name in names[letter]:
                tunnel.realm.change_key(name)
            node.replace_keytab(*names[letter])
            node.guest.systemctl("reload", "funnel-authd.service")
    for node in tunnel.nodes.values():
        node.guest.systemctl("restart", "funnel-udpd@dns.service")
    lab.wait_until(lambda: ask(tunnel), "dig is answered under the new keys", 30, detail=tunnel.describe)
