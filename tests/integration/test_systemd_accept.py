"""accept-when = up under systemd: the edge starts with its socket, its sandbox lets it close the port, and what holds the
port open or closed is never a matter of who was there first.

    guest a "branch"                                        guest b "hoster", which comes later
    ldapsearch -> 127.0.0.1:389, [::1]:389 -> sctpd ==== sctpd -> funnel-tcpd@ldap -> slapd
"""
import pytest

import lab

LDAP = lab.ldap_service(listen=("127.0.0.1:389", "[::1]:389"), listen_service={"accept-when": "up"})
SOCKET, SERVICE = f"{LDAP.unit}.socket", f"{LDAP.unit}.service"
CHECK = """
import socket
for host in ("127.0.0.1", "::1"):
    try: socket.create_connection((host, 389), 1).close(); print("open")
    except TimeoutError: print("no answer")
    except ConnectionRefusedError: print("refused")
"""
OPEN, CLOSED = ["open"] * 2, ["no answer"] * 2


@pytest.fixture(scope="module")
def tunnel(make_installed):
    made = make_installed([LDAP], with_slapd=True).prepare()
    made.a.enable(LDAP)
    return made


def checks(tunnel):
    return tunnel.network.run("a", "/usr/bin/python3", "-c", CHECK).stdout.splitlines()


def wait_checks(tunnel, wanted):
    lab.wait_until(lambda: checks(tunnel) == wanted, f"both addresses are {wanted[0]}", 40, 0.2, tunnel.describe)


def wait_active(tunnel):
    guest = tunnel.a.guest
    lab.wait_until(lambda: guest.is_active(SERVICE), "the edge runs", 30, 0.1, lambda: guest.describe_unit(SERVICE))


def ask(tunnel):
    return "uid: user7" in tunnel.slapd.search("a", "ldap://127.0.0.1:389", "(uid=user7)", check=False).stdout


# It comes first: the hoster is not there yet.
def test_no_client_is_needed_to_close_the_port(tunnel):
    wait_active(tunnel)
    assert checks(tunnel) == CLOSED
    assert "does not accept: no channel is open" in tunnel.a.funnelctl("status").stdout


def test_a_killed_edge_leaves_it_closed_and_is_back(tunnel):
    guest = tunnel.a.guest
    pid = guest.main_pid(SERVICE)
    guest.systemctl("kill", "--signal=KILL", SERVICE)
    assert checks(tunnel) == CLOSED
    lab.wait_until(lambda: guest.main_pid(SERVICE) not in (0, pid), "the edge runs again", 30, 0.1, tunnel.describe)
    wait_active(tunnel)
    assert checks(tunnel) == CLOSED
    assert guest.is_active(SOCKET)


def test_it_opens_with_the_tunnel_and_after_each_restart(tunnel):
    tunnel.b.enable(LDAP)
    wait_checks(tunnel, OPEN)
    assert ask(tunnel)
    tunnel.a.guest.systemctl("restart", SERVICE)
    wait_active(tunnel)
    wait_checks(tunnel, OPEN)
    tunnel.a.guest.systemctl("restart", SOCKET)
    wait_active(tunnel)
    wait_checks(tunnel, OPEN)
    assert ask(tunnel)


def test_without_its_edge_a_client_starts_one(tunnel):
    tunnel.a.guest.systemctl("stop", SERVICE)
    assert checks(tunnel) == OPEN
    wait_active(tunnel)
    lab.wait_until(lambda: ask(tunnel), "ldapsearch is answered", 40, 0.2, tunnel.describe)
