"""The secret of a health check reaches the edge in its unit, and nobody else's, as systemd's credential.

    guest a "branch"                                    guest b "hoster"
                       funnel-udpd@radius -> sctpd ==== sctpd -> funnel-udpd@radius -> freeradius
                                                                     |  check = radius
                                              /etc/funnel/radius.secret, root's alone
"""
import json

import pytest

import lab
from lab.backends import radius

UNIT = "funnel-udpd@radius.service"
SECRET_FILE = "/etc/funnel/radius.secret"
RADIUS = lab.Service("radius", "udp", ("127.0.0.1:7812",), "127.0.0.1:1812",
                     connect_section={"check": "radius", "check-secret-file": SECRET_FILE, "check-every": "300ms",
                                      "check-timeout": "300ms", "slow-return": "0s"})


@pytest.fixture(scope="module")
def tunnel(make_installed):
    made = make_installed([RADIUS]).prepare()
    made.b.guest.write(SECRET_FILE, radius.SECRET + "\n", mode=0o600)
    with radius.Radius(made) as server:
        made.server = server
        yield made.start().wait_up()


def wait_shown(tunnel, state, check, error):
    def shown():
        return json.loads(tunnel.b.funnelctl("backends", "radius", "--json").stdout)[0]["backends"][0]

    def there():
        backend = shown()
        return (backend["state"], backend["check"]) == (state, check) and error in (backend["check_error"] or "")
    lab.wait_until(there, f"the backend is {state}, {check}: {error}", 30, interval=0.2, detail=lambda: str(shown()))


def test_edge_signs_with_a_secret_that_its_user_cannot_read(tunnel):
    assert "Access-Accept" in tunnel.server.ask("a", 7812, "auth", tunnel.server.request("wonderland"))
    wait_shown(tunnel, "up", "passed", "")
    guest = tunnel.b.guest
    uid = guest.run("stat", "-c", "%u", f"/proc/{guest.main_pid(UNIT)}").stdout.strip()
    assert uid != "0"
    done = guest.run("setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "cat", SECRET_FILE, check=False)
    assert done.returncode != 0 and radius.SECRET not in done.stdout
    assert radius.SECRET not in guest.journal("-u", "funnel*")


def test_edge_starts_without_the_file_and_says_what_is_missing(tunnel):
    guest = tunnel.b.guest
    guest.shell(f"mv {SECRET_FILE} {SECRET_FILE}.away")
    try:
        guest.systemctl("restart", UNIT)
        wait_shown(tunnel, "down", "failed", f"{SECRET_FILE} was missing or empty at the start")
        assert f"check-secret-file: cannot open {SECRET_FILE}" in tunnel.b.funnelctl("check", check=False).stdout
    finally:
        guest.shell(f"mv {SECRET_FILE}.away {SECRET_FILE}")
    guest.systemctl("restart", UNIT)
    wait_shown(tunnel, "up", "passed", "")
