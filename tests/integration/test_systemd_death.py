"""Each daemon is killed, and systemd brings it back; edges end when idle, and come back with the next request.

    guest a "branch"                                guest b "hoster"
    dig        -> funnel-udpd@dns  -> sctpd ==== sctpd -> funnel-udpd@dns  -> nsd
    ldapsearch -> funnel-tcpd@ldap ->  "          "    -> funnel-tcpd@ldap -> slapd
"""
import pytest

import lab
from lab import nsd, slapd

DNS_PORT = 53
DNS = lab.dns_service(listen=(f"127.0.0.1:{DNS_PORT}",))
LDAP = lab.ldap_service(listen=("127.0.0.1:389",))
DAEMONS = ("funnel-authd.service", "funnel-sctpd.service", "funnel-udpd@dns.service", "funnel-tcpd@ldap.service")


@pytest.fixture(scope="module")
def tunnel(make_installed):
    return make_installed([DNS, LDAP], with_nsd=True, with_slapd=True).prepare().start().wait_up()


def ask_dns(tunnel, tries=1):
    done = tunnel.network.run("a", "dig", "@127.0.0.1", "+short", "+time=3", f"+tries={tries}", f"host5.{nsd.ZONE}", "TXT",
                              check=False)
    return done.stdout == '"this is host 5"\n'


def ask_ldap(tunnel):
    return "uid: user7" in tunnel.slapd.search("a", "ldap://127.0.0.1:389", "(uid=user7)", check=False).stdout


def wait_works(tunnel):
    lab.wait_until(lambda: ask_dns(tunnel), "dig is answered", 40, detail=tunnel.describe)
    lab.wait_until(lambda: ask_ldap(tunnel), "ldapsearch is answered", 40, 0.2, detail=tunnel.describe)


def kill(guest, unit):
    pid = guest.main_pid(unit)
    guest.systemctl("kill", "--signal=KILL", unit)
    lab.wait_until(lambda: guest.main_pid(unit) not in (0, pid) and guest.is_active(unit), f"{unit} runs again", 30, 0.1,
                   lambda: guest.describe_unit(unit))


@pytest.mark.parametrize("unit", DAEMONS)
@pytest.mark.parametrize("letter", ["a", "b"])
def test_a_killed_daemon_is_back_and_so_is_the_service(tunnel, letter, unit):
    wait_works(tunnel)
    guest = tunnel.nodes[letter].guest
    others = {one: guest.main_pid(one) for one in DAEMONS if one != unit}
    kill(guest, unit)
    wait_works(tunnel)
    assert {one: guest.main_pid(one) for one in others} == others, "another daemon went too"


def test_channels_go_on_while_authd_is_dead(tunnel):
    wait_works(tunnel)
    guest = tunnel.a.guest
    guest.systemctl("stop", "funnel-authd.service", "funnel-authd.socket")
    try:
        assert ask_dns(tunnel) and ask_ldap(tunnel)
    finally:
        guest.systemctl("start", "funnel-authd.socket")


def test_a_request_sent_while_its_edge_is_dead_waits_for_the_next_one(tunnel):
    wait_works(tunnel)
    guest = tunnel.a.guest
    before = guest.main_pid("funnel-udpd@dns.service")
    guest.systemctl("kill", "--signal=KILL", "funnel-udpd@dns.service")
    done = tunnel.network.run("a", "dig", "@127.0.0.1", "+short", "+time=15", "+tries=1", f"host5.{nsd.ZONE}", "TXT")
    assert done.stdout == '"this is host 5"\n'
    assert guest.main_pid("funnel-udpd@dns.service") != before


def test_a_daemon_that_hangs_is_killed_by_the_watchdog(tunnel):
    wait_works(tunnel)
    guest, unit = tunnel.a.guest, "funnel-udpd@dns.service"
    assert guest.show(unit, "WatchdogUSec") == {"WatchdogUSec": "30s"}
    guest.write(f"/etc/systemd/system/{unit}.d/short.conf", "[Service]\nWatchdogSec=2s\n")
    guest.systemctl("daemon-reload")
    guest.systemctl("restart", unit)
    pid = guest.main_pid(unit)
    guest.run("kill", "-STOP", pid)
    lab.wait_until(lambda: guest.main_pid(unit) not in (0, pid), "another process took over", 30, 0.2, tunnel.a.describe)
    wait_works(tunnel)


IDLE = {"udp": "[service]\nidle-exit = 1s\nlifetime = 1s\nidle-timeout = 1s\n", "tcp": "[service]\nidle-exit = 1s\n"}


def test_an_idle_edge_ends_and_comes_back_with_the_next_request(tunnel):
    for node in tunnel.nodes.values():
        for service in tunnel.services:
            node.write(f"services.d/{service.name}.ini.d/idle.ini", IDLE[service.protocol])
            node.guest.systemctl("restart", f"{service.unit}.service")
    wait_works(tunnel)
    for node in (tunnel.a, tunnel.b):
        for service in tunnel.services:
            unit = f"{service.unit}.service"
            lab.wait_until(lambda: node.guest.show(unit, "ActiveState")["ActiveState"] == "inactive",
                           f"{node.peer_name}: {unit} has ended", 30, 0.2, tunnel.describe)
            assert node.guest.show(unit, "Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}
            assert node.guest.is_active(f"{service.unit}.socket")
    # The first request is answered, not lost: it waits in the socket.
    done = tunnel.network.run("a", "dig", "@127.0.0.1", "+short", "+time=15", "+tries=1", f"host5.{nsd.ZONE}", "TXT")
    assert done.stdout == '"this is host 5"\n'
    found = tunnel.network.run("a", "ldapsearch", "-x", "-LLL", "-o", "nettimeout=15", "-H", "ldap://127.0.0.1:389",
                               "-b", slapd.BASE, "(uid=user7)")
    assert "uid: user7" in found.stdout
