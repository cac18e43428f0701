"""A RADIUS server is asked whether it works (Status-Server), by one that knows its secret.

    branch (a)                                    hoster (b)
    radclient -> 127.0.0.1:7812 right (udp) ====> 127.0.0.1:1812 freeradius, with its secret
                 127.0.0.1:7813 acct (udp) =====> 127.0.0.1:1813
                 127.0.0.1:7814 wrong (udp) ====> 127.0.0.1:1812, with another secret
"""
import json
import os
import pathlib
import signal
import tempfile

import pytest

import lab
from lab.backends import radius
from lab.base import write_file

OTHER = "not what it is"


def service(name, port, backend, secret):
    return lab.Service(name, "udp", (f"127.0.0.1:{port}",), f"127.0.0.1:{backend}",
                       connect_section={"check": "radius", "check-secret-file": secret, "check-every": "300ms",
                                        "check-timeout": "300ms", "slow-return": "0s", "down-after": "0"})


def keep(tunnel, path, secret):
    """For the edge of that name only."""
    write_file(str(path), secret, tunnel.b.uid(f"funnel-udpd@{path.name}"), 0o600)


@pytest.fixture(scope="module")
def secrets():
    # pytest's own folders are closed to the daemons' users.
    with tempfile.TemporaryDirectory(prefix="funnel-secrets-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture(scope="module")
def tunnel(make_tunnel, secrets):
    names = {"right": (7812, 1812), "acct": (7813, 1813), "wrong": (7814, 1812)}
    made = make_tunnel([service(name, *ports, secrets / name) for name, ports in names.items()]).prepare()
    for name in names:
        keep(made, secrets / name, OTHER if name == "wrong" else f"  {radius.SECRET}\n")
    with radius.Radius(made) as server:
        made.server = server
        yield made.start().wait_up()


def shown(tunnel, name):
    (backend,) = json.loads(tunnel.b.funnelctl("backends", name, "--json").stdout)[0]["backends"]
    return backend


def wait_shown(tunnel, name, state, error):
    def there():
        backend = shown(tunnel, name)
        return backend["state"] == state and error in (backend["check_error"] or "")
    lab.wait_until(there, f"{name} is {state}: {error}", 30, detail=lambda: str(shown(tunnel, name)))


def test_the_right_secret_passes_and_the_log_says_what_another_may_be(tunnel):
    for name in ("right", "acct"):
        lab.wait_until(lambda name=name: shown(tunnel, name)["check"] == "passed", f"{name} passes", 30)
        assert shown(tunnel, name)["state"] == "up"
    wait_shown(tunnel, "wrong", "down", "no answer within check-timeout, as from a server with another secret")
    tunnel.b.wait_logged("backend-down", "127.0.0.1:1812 is down: check: no answer within check-timeout, as from a server with "
                         "another secret", daemon="funnel-udpd@wrong")
    assert "Access-Accept" in tunnel.server.ask("a", 7812, "auth", tunnel.server.request("wonderland"))


def test_a_server_that_goes_is_down_until_it_is_back(tunnel):
    tunnel.server.child.stop(number=signal.SIGKILL)
    wait_shown(tunnel, "right", "down", "Connection refused")
    tunnel.server.serve()
    wait_shown(tunnel, "right", "up", "")
    tunnel.b.wait_logged("backend-up", "127.0.0.1:1812 works again", daemon="funnel-udpd@right")
    lab.wait_until(lambda: shown(tunnel, "right")["check"] == "passed", "it passes", 30)


def test_the_secret_is_read_again_and_is_nowhere_else(tunnel, secrets):
    path = secrets / "wrong"
    try:
        keep(tunnel, path, radius.SECRET)
        tunnel.b["funnel-udpd@wrong"].reload()
        wait_shown(tunnel, "wrong", "up", "")
        path.unlink()
        tunnel.b["funnel-udpd@wrong"].reload()
        wait_shown(tunnel, "wrong", "down", f"check-secret-file: cannot open {path}: No such file or directory")
    finally:
        keep(tunnel, path, OTHER)
        tunnel.b["funnel-udpd@wrong"].reload()
    said = [tunnel.b[f"funnel-udpd@{name}"].log for name in ("right", "acct", "wrong")]
    said += [tunnel.b.funnelctl(*command, check=False).stdout
             for command in (("show", "wrong"), ("show", "wrong", "--json"), ("backends",), ("backends", "--json"), ("status",))]
    assert str(path) in said[3]
    assert not any(secret in text for secret in (radius.SECRET, OTHER) for text in said)


def test_check_says_who_can_read_the_secret(tunnel, secrets):
    path = secrets / "right"
    assert "check-secret-file" not in tunnel.b.funnelctl("check").stdout
    path.chmod(0o644)
    try:
        assert f"check-secret-file: {path} can be read or written by everybody: chmod o= {path}" in tunnel.b.funnelctl("check").stdout
    finally:
        path.chmod(0o600)
