"""funnel_*.deb from its making to its purging, as Debian's users expect of a package.

    guest a "branch"                                guest b "hoster"
    dig        -> funnel-udpd@dns  -> sctpd ==== sctpd -> funnel-udpd@dns  -> nsd
    ldapsearch -> funnel-tcpd@ldap ->  "          "    -> funnel-tcpd@ldap -> slapd
"""
import subprocess

import pytest

import lab
from lab import package as packaging, traffic
from lab.base import run
from lab.guest import Guest

DNS = lab.dns_service(listen=("127.0.0.1:53",))
LDAP = lab.ldap_service(listen=("127.0.0.1:389",))
DAEMONS = ("funnel-authd.service", "funnel-sctpd.service", "funnel-udpd@dns.service", "funnel-tcpd@ldap.service")
OLDER = "0.0.9"
RATE = 100  # queries a second
SECONDS = 20


@pytest.fixture(scope="module")
def older(package, tmp_path_factory):
    return packaging.with_version(package, OLDER, str(tmp_path_factory.mktemp("older")))


@pytest.fixture(scope="module")
def tunnel(older, make_installed):
    made = make_installed([DNS, LDAP], with_nsd=True, with_slapd=True)
    made.package = older
    return made.prepare().start().wait_up()


@pytest.fixture
def fresh(guests):
    """A guest into which nothing was installed."""
    workspace = lab.Workspace()
    network = lab.Network(workspace)
    guest = Guest(workspace, network, "a", "fresh")
    try:
        yield guest.start()
    finally:
        guest.remove()
        network.stop()
        workspace.remove()


# Connects to the LDAP port again and again until its input ends; prints how often, and how often it was refused.
CONNECT_AND_COUNT = """
import select, socket, sys
tried = refused = 0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    tried += 1
    try:
        socket.create_connection(("127.0.0.1", 389), 5).close()
    except ConnectionRefusedError:
        refused += 1
    except OSError:
        pass
print(tried, refused)
"""


def files_of(guest):
    """Everything in /etc, /usr, /var that a package could leave, without what dpkg itself keeps."""
    listed = guest.shell("find /etc /usr /var /lib /run -xdev \\( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log "
                         "-o -path /var/lib/apt -o -path /run/systemd -o -path /run/log \\) -prune -o -print").stdout
    return set(listed.splitlines())


def funnel_units(guest):
    return guest.systemctl("list-units", "--plain", "--no-legend", "funnel*").stdout


def test_lintian_finds_nothing_wrong(package):
    done = run(["lintian", "--allow-root", "--fail-on", "error,warning", package], check=False, timeout=120)
    assert done.returncode == 0, done.stdout


def test_installing_starts_and_enables_nothing_and_purging_leaves_no_trace(package, fresh):
    before = files_of(fresh)
    run(["cp", package, fresh.path("/root/funnel.deb")])
    fresh.run("apt-get", "-q", "-y", "install", "/root/funnel.deb", timeout=120)
    assert funnel_units(fresh) == ""
    enabled = fresh.systemctl("list-unit-files", "--state=enabled", "--no-legend", "funnel*", check=False).stdout
    assert enabled == ""
    assert fresh.run("stat", "-c", "%U:%G %a", "/etc/funnel/keytabs").stdout == "root:funnel-authd 750\n"
    assert fresh.run("stat", "-c", "%U:%G %a", "/run/funnel/counters").stdout == "root:funnel-edge 1775\n"
    assert fresh.run("funnelctl", "--version").stdout.startswith("funnelctl ")
    fresh.run("apt-get", "-q", "-y", "purge", "funnel", timeout=120)
    left = files_of(fresh) - before - {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/.pwd.lock"}
    assert left == set()
    # Users stay, as files of theirs may be left in backups.
    assert "funnel-authd" in fresh.read("/etc/passwd")


def test_an_upgrade_under_traffic_loses_what_was_on_its_way_and_no_more(tunnel, package):
    guest = tunnel.a.guest
    assert tunnel.a.version.startswith(OLDER)
    assert "uid: user7" in tunnel.slapd.search("a", "ldap://127.0.0.1:389", "(uid=user7)").stdout
    pids = {unit: guest.main_pid(unit) for unit in DAEMONS}
    load = traffic.start_dns_load(tunnel, 53, RATE * SECONDS, RATE, wait=5)
    for node in (tunnel.a, tunnel.b):
        node.install(package)
    assert not tunnel.a.version.startswith(OLDER)
    for unit in DAEMONS:
        assert guest.main_pid(unit) not in (0, pids[unit]), f"{unit} still runs the old program"
        assert guest.show(unit, "NRestarts") == {"NRestarts": "0"}
    done = traffic.result(load, timeout=SECONDS + 60)
    # Two restarts of each daemon: a query that was inside one is lost, as it would be in a router; each that came meanwhile
    # waited in the socket.
    assert done["wrong"] == 0
    print({key: value for key, value in done.items() if key != "milliseconds"})
    assert done["answered"] >= 0.9 * done["sent"], done["gaps"]
    lab.wait_until(lambda: "uid: user7" in tunnel.slapd.search("a", "ldap://127.0.0.1:389", "(uid=user7)", check=False).stdout,
                   "ldapsearch is answered after the upgrade", 30, 0.2, tunnel.describe)


def test_clients_are_never_refused_during_an_upgrade(tunnel, package, older):
    """The ports stay open: systemd holds them."""
    watcher = tunnel.network.popen("a", "/usr/bin/python3", "-c", CONNECT_AND_COUNT, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
    tunnel.a.install(older)
    tunnel.a.install(package)
    out, _ = watcher.communicate(timeout=60)
    tried, refused = map(int, out.split())
    assert tried > 50 and refused == 0


def test_a_broken_service_costs_an_upgrade_and_the_other_services_nothing(tunnel, package, older):
    node = tunnel.a
    text = node.read("services.d/ldap.ini")
    node.write("services.d/ldap.ini", text + "no-such-key = 1\n")
    try:
        node.install(older)
        assert node.version == f"{OLDER} installed"
        lab.wait_until(lambda: "192.0.2.80" in tunnel.nsd.dig("a", "127.0.0.1", 53, "www", "A", check=False),
                       "dig is answered while another service's file is broken", 40, 0.2, tunnel.describe)
        assert "this service is left out" in node.guest.journal("-u", "funnel-sctpd", "-n", "50")
    finally:
        node.write("services.d/ldap.ini", text)
    node.guest.systemctl("reload", "funnel-authd", "funnel-sctpd")
    lab.wait_until(lambda: "uid: user7" in tunnel.slapd.search("a", "ldap://127.0.0.1:389", "(uid=user7)", check=False).stdout,
                   "ldapsearch is answered after the mistake is mended", 40, 0.2, tunnel.describe)


def test_removing_stops_all_and_purging_leaves_what_the_administrator_wrote(tunnel):
    node = tunnel.a
    guest = node.guest
    guest.run("apt-get", "-q", "-y", "remove", "funnel", timeout=120)
    assert "running" not in funnel_units(guest) and "listening" not in funnel_units(guest)
    assert tunnel.network.run("a", "ss", "-Hlntu", "sport = :389 or sport = :53 or sport = :9899").stdout == ""
    guest.run("apt-get", "-q", "-y", "purge", "funnel", timeout=120)
    left = guest.shell("find / -xdev -name '*funnel*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/root/*' "
                       "-not -path '/var/log/*' -not -path '/run/*'").stdout.split()
    assert sorted(left) == ["/etc/funnel", "/etc/funnel/funnel.conf", "/etc/funnel/keytabs/funnel.keytab"]
    assert node.read("services.d/dns.ini") != ""
    assert guest.systemctl("list-units", "--all", "--plain", "--no-legend", "--state=failed").stdout == ""
