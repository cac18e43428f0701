"""The package installed in two guests, INI files dropped in, units enabled: real clients reach real servers, and every
process holds what SECURITY.md says, no more.

    guest a "branch"                                guest b "hoster"
    dig        -> funnel-udpd@dns  -> sctpd ==== sctpd -> funnel-udpd@dns  -> nsd
    ldapsearch -> funnel-tcpd@ldap ->  "          "    -> funnel-tcpd@ldap -> slapd
"""
import subprocess

import pytest

import lab
from lab import slapd
from lab.installed import KEYTAB

DNS = lab.dns_service(listen=("127.0.0.1:53", "[::1]:53"))
LDAP = lab.ldap_service(listen=("127.0.0.1:389", "[::1]:389"))
EDGES = ("funnel-udpd@dns.service", "funnel-tcpd@ldap.service")
DAEMONS = ("funnel-authd.service", "funnel-sctpd.service", *EDGES)


@pytest.fixture(scope="module")
def tunnel(make_installed):
    return make_installed([DNS, LDAP], with_nsd=True, with_slapd=True).prepare().start().wait_up()


def as_unit(guest, unit, *command):
    """Runs a command as the unit's main process is confined: its user, groups, capabilities and view of the files."""
    pid = guest.main_pid(unit)
    assert pid, guest.describe_unit(unit)
    status = dict(line.split(":", 1) for line in guest.run("cat", f"/proc/{pid}/status").stdout.splitlines() if ":" in line)
    uid, gid, groups = status["Uid"].split()[0], status["Gid"].split()[0], ",".join(status["Groups"].split())
    return guest.run("nsenter", "--target", pid, "--mount", "--", "setpriv", "--reuid", uid, "--regid", gid, "--groups", groups,
                     "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs", *command, check=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_dig_is_answered_through_the_tunnel(tunnel, address):
    done = tunnel.a.guest.run("dig", f"@{address}", "+short", "+time=5", "+tries=2", "www.example.test", "TXT")
    assert done.stdout == '"carried by Funnel"\n'


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_ldapsearch_reads_the_whole_directory(tunnel, address):
    done = tunnel.a.guest.run("ldapsearch", "-x", "-LLL", "-H", f"ldap://{address}", "-b", slapd.BASE)
    assert done.stdout == tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    assert done.stdout.count("dn: ") == slapd.PEOPLE + 2


def test_no_unit_failed_and_none_restarted(tunnel):
    for node in tunnel.nodes.values():
        assert node.guest.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout == ""
        for unit in DAEMONS:
            assert node.guest.show(unit, "NRestarts", "ActiveState") == {"NRestarts": "0", "ActiveState": "active"}


def test_each_daemon_has_a_user_of_its_own_and_no_capability(tunnel):
    for node in tunnel.nodes.values():
        users = set()
        for unit in DAEMONS:
            status = node.guest.run("cat", f"/proc/{node.guest.main_pid(unit)}/status").stdout
            lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            users.add(lines["Uid"].split()[0])
            assert {int(lines[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}, unit
            assert lines["NoNewPrivs"].strip() == "1" and lines["Seccomp"].strip() == "2", unit
        assert len(users) == len(DAEMONS) and "0" not in users


def test_only_authd_can_read_the_keytab(tunnel):
    for node in tunnel.nodes.values():
        for unit in DAEMONS:
            done = as_unit(node.guest, unit, "sh", "-c", f"cat {KEYTAB} | wc -c")
            if unit == "funnel-authd.service":
                assert int(done.stdout) > 0
            else:
                assert "ermission denied" in done.stdout and done.stdout.endswith("0\n"), f"{unit}: {done.stdout}"


def test_edges_of_the_listening_side_have_no_network(tunnel):
    for unit in EDGES:
        pid = tunnel.a.guest.main_pid(unit)
        names = tunnel.a.guest.run("cat", f"/proc/{pid}/net/dev").stdout.splitlines()[2:]
        assert [line.split(":")[0].strip() for line in names] == ["lo"]


def test_nobody_but_the_owner_can_write_where_the_daemons_meet(tunnel):
    guest = tunnel.b.guest
    assert guest.run("stat", "-c", "%U:%G %a", "/run/funnel", "/run/funnel/service").stdout == "root:root 755\n" * 2
    assert guest.run("stat", "-c", "%U:%G %a", "/run/funnel/service/dns.sock").stdout == "root:funnel-sctpd 660\n"
    for unit in EDGES:
        for path in ("/run/funnel/x", "/run/funnel/service/x", "/etc/funnel/x", "/var/lib/funnel/x", "/etc/x"):
            done = as_unit(guest, unit, "sh", "-c", f": >{path}")
            assert done.returncode != 0, f"{unit} wrote {path}"


# Runs as an edge whose code somebody else has taken over would: in its unit and under its uid it asks authd to begin a
# handshake for a service (common/ipc/authd_messages.h), and prints what comes back: the message's type, and a failure's code.
ASK_AUTHD = """
import os, socket, struct, sys
run, uid, service = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
os.chdir(run)
os.setgroups([os.stat("authd.sock").st_gid]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(10); s.connect("authd.sock")
s.send(struct.pack("!BBIH", 1, 1, 7, len(service)) + service + struct.pack("!QH", 0, 0))
answer = s.recv(65536)
print(answer[1], *([struct.unpack_from("!H", answer, 6)[0]] if answer[1] == 18 else []))
"""
OPENING, FAILED, NOT_ALLOWED = 16, 18, 6


def ask_authd_as(guest, unit, service, user_of=None):
    uid = guest.run("stat", "-c", "%u", f"/proc/{guest.main_pid(user_of or unit)}").stdout.strip()
    group = guest.show(unit, "ControlGroup")["ControlGroup"]
    done = subprocess.run(["sh", "-ec", 'echo 0 > "$0"; exec "$@"', guest.cgroup_file(group), "nsenter", "--target",
                           str(guest.pid), "--pid", "--", "/usr/bin/python3", "-c", ASK_AUTHD,
                           f"/proc/{guest.pid}/root/run/funnel", uid, service], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=60)
    return tuple(map(int, done.stdout.split()))


def test_an_edge_gets_the_context_of_its_own_service_only(tunnel):
    guest = tunnel.a.guest
    assert ask_authd_as(guest, "funnel-udpd@dns.service", "dns") == (OPENING,)
    assert ask_authd_as(guest, "funnel-udpd@dns.service", "ldap") == (FAILED, NOT_ALLOWED)
    assert ask_authd_as(guest, "funnel-tcpd@ldap.service", "dns") == (FAILED, NOT_ALLOWED)
    assert ask_authd_as(guest, "funnel-sctpd.service", "dns") == (FAILED, NOT_ALLOWED)
    assert ask_authd_as(guest, "dbus.service", "dns") == (FAILED, NOT_ALLOWED)
    # The user alone is not enough, nor is the unit.
    assert ask_authd_as(guest, "dbus.service", "dns", user_of="funnel-udpd@dns.service") == (FAILED, NOT_ALLOWED)
    assert ask_authd_as(guest, "funnel-udpd@dns.service", "dns", user_of="dbus.service") == (FAILED, NOT_ALLOWED)
