"""What a service listens on is written once, in its file: daemon-reload takes nothing from a socket that is up, and
`systemctl restart` of it is all that a new port needs. funnel-sctpd's own socket outlives it.

    guest a "branch"                                guest b "hoster"
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
"""
import pytest

import lab
from lab import nsd

SOCKET, SERVICE = "funnel-udpd@dns.socket", "funnel-udpd@dns.service"
FILE = "services.d/dns.ini.d/port.ini"
DNS = lab.dns_service(listen=("127.0.0.1:53",))


@pytest.fixture(scope="module")
def tunnel(make_installed):
    return make_installed([DNS], with_nsd=True).prepare().start().wait_up()


def answered(tunnel, port):
    done = tunnel.network.run("a", "dig", "@127.0.0.1", "-p", str(port), "+short", "+time=3", "+tries=1",
                              f"host5.{nsd.ZONE}", "TXT", check=False)
    return done.stdout == '"this is host 5"\n'


def wait_answered(tunnel, port):
    lab.wait_until(lambda: answered(tunnel, port), f"dig is answered on port {port}", 40, detail=tunnel.describe)


@pytest.fixture
def idle(tunnel):
    """The edge does not run: only the socket unit holds the port."""
    wait_answered(tunnel, 53)
    tunnel.a.guest.systemctl("stop", SERVICE)
    yield tunnel.a
    tunnel.a.write(FILE, "")
    tunnel.a.guest.systemctl("restart", SOCKET)
    wait_answered(tunnel, 53)


@pytest.mark.parametrize("written", ["[listen]\naddress = 127.0.0.1:54\n", "[listen]\naddress = 127.0.0\n", "[list"])
def test_daemon_reload_takes_nothing_from_a_socket_that_is_up(tunnel, idle, written):
    idle.write(FILE, written)
    idle.guest.systemctl("daemon-reload")
    assert f"systemctl restart {SOCKET}" in idle.guest.journal("-t", "funnel-generator", "-n", "5")
    # The edge itself does not start with a broken file, and is tried every second until it is right.
    idle.write(FILE, "")
    wait_answered(tunnel, 53)


def test_a_new_port_needs_a_restart_of_the_socket_and_nothing_else(tunnel, idle):
    idle.write(FILE, "[listen]\naddress = 127.0.0.1:54\n")
    idle.guest.systemctl("restart", SOCKET)
    wait_answered(tunnel, 54)
    assert not answered(tunnel, 53)


def test_a_broken_file_is_reported_before_anything_is_bound(tunnel, idle):
    idle.write(FILE, "[service]\npear = hoster\n")
    assert idle.guest.systemctl("restart", SOCKET, check=False).returncode != 0
    assert "port.ini:2: unknown key pear" in idle.guest.journal("-u", SOCKET, "-n", "10")


def test_sctpd_finds_its_socket_again(tunnel):
    guest = tunnel.b.guest

    def inode():
        listed = guest.run("ss", "-lune", "sport = :9899", check=False).stdout
        return [word for word in listed.split() if word.startswith("ino:")]
    before = inode()
    assert len(before) == 1
    pid = guest.main_pid("funnel-sctpd.service")
    guest.systemctl("kill", "--signal=KILL", "funnel-sctpd.service")
    assert inode() == before, "nobody holds the port while funnel-sctpd is away"
    lab.wait_until(lambda: guest.main_pid("funnel-sctpd.service") not in (0, pid), "funnel-sctpd runs again", 30, 0.1)
    guest.systemctl("restart", "funnel-sctpd.service")
    assert inode() == before
    wait_answered(tunnel, 53)
