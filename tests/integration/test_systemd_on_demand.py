"""What is asked for at the moment, in the units as they are: the package installed in two guests, an INI file for each service dropped
in at both, its unit enabled.

    guest a "branch"                                                    guest b "hoster"
    funnel-run (games) -> funnel-tcpd@shell -> sctpd ==== sctpd -> funnel-tcpd@shell -> funnel-exec-shell.socket
                                                                                          -> funnel-exec-shell@N.service (daemon): sh
    curl -> 127.0.0.1:1080    -> funnel-tcpd@web -> sctpd ==== sctpd -> funnel-tcpd@web -> 127.0.0.1:8080, a web server next to the guest
    curl -> funnelctl forward -> the same
"""
import subprocess

import pytest

import lab
from lab.backends.program import start_program

SHELL = lab.Service("shell", "command", (), None, listen_section={"allow-users": "games"},
                    connect_section={"exec": "/bin/sh -c", "user": "daemon", "arguments": "yes", "kill-after": "1s"})
WEB = lab.Service("web", "socks", ("127.0.0.1:1080",), None, connect_section={"networks": "127.0.0.1", "ports": "8080"})
PAGE = "four for 127.0.0.1 as 127.0.0.1:"
REFUSED = 254


@pytest.fixture(scope="module")
def tunnel(make_installed):
    made = make_installed([SHELL, WEB]).prepare().start()
    server = start_program(made.network, "b", "web", "127.0.0.1", 8080, "four")
    yield made.wait_up()
    server.kill()
    server.communicate()


def curl(tunnel, url, *options):
    return tunnel.network.run("a", "curl", "-sS", "--max-time", "20", *options, url, check=False)


def test_targets_are_connected_to_from_within_the_units_limits(tunnel):
    lab.wait_until(lambda: curl(tunnel, "http://127.0.0.1:8080/", "--socks5", "127.0.0.1:1080").stdout == PAGE + "8080", "the page comes", 30)
    limits = tunnel.b.guest.show("funnel-tcpd@web.service", "IPAddressAllow", "IPAddressDeny")
    allowed, denied = (set(limits[name].split()) for name in ("IPAddressAllow", "IPAddressDeny"))
    assert "127.0.0.1/32" in allowed and denied == {"0.0.0.0/0", "::/0"}, limits


def test_a_forward_is_a_port_of_its_callers(tunnel):
    """The listening edge has a network of its own, without addresses: what it accepts at is the caller's."""
    guest = tunnel.a.guest
    with guest.popen("funnelctl", "forward", "web", "8081:127.0.0.1:8080", stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "web: 127.0.0.1:8081 -> 127.0.0.1:8080, until interrupted\n"
        assert curl(tunnel, "http://127.0.0.1:8081/").stdout == PAGE + "8081"
        guest.run("pkill", "-INT", "-f", "funnelctl forward")
    lab.wait_until(lambda: curl(tunnel, "http://127.0.0.1:8081/").returncode == 7, "the port is closed", 20)


def run(tunnel, script, user="games", **options):
    return tunnel.a.guest.run("runuser", "-u", user, "--", "funnel-run", "shell", script, check=False, **options)


def test_a_command_runs_as_its_user_and_gives_its_status(tunnel):
    lab.wait_until(lambda: run(tunnel, "true").returncode == 0, "the service is up", 30)
    done = run(tunnel, "id -un; exit 7")
    assert (done.returncode, done.stdout) == (7, "daemon\n"), done


def test_who_is_not_listed_runs_nothing(tunnel):
    done = run(tunnel, "id -un", user="man")
    assert done.returncode == REFUSED and "daemon" not in done.stdout, done


def test_a_command_has_no_more_rights_than_its_user(tunnel):
    done = run(tunnel, "grep -E 'Cap|NoNewPrivs' /proc/self/status; cat /etc/funnel/keytabs/* /etc/krb5.keytab")
    values = dict(line.split(":\t") for line in done.stdout.splitlines() if ":\t" in line)
    assert values.pop("NoNewPrivs") == "1" and {int(value, 16) for value in values.values()} == {0}, done
    assert done.returncode != 0


def test_what_a_command_leaves_behind_ends_with_it(tunnel):
    guest = tunnel.b.guest
    assert run(tunnel, "setsid sleep 4711 > /dev/null 2>&1 < /dev/null & echo left").stdout == "left\n"
    lab.wait_until(lambda: guest.run("pgrep", "-f", "sleep 4711", check=False).returncode != 0, "it has ended", 30)
    lab.wait_until(lambda: "funnel-exec-shell@" not in guest.systemctl("list-units", "--all", "--plain", "--no-legend").stdout,
                   "no instance is left", 30)


def test_the_journal_says_who_ran_what_as_whom(tunnel):
    run(tunnel, "echo remarkable words")
    said = tunnel.b.guest.run("journalctl", "--no-pager", "-o", "cat", "-g", "remarkable words").stdout
    assert "command-started" in said and "remarkable words" in said
    fields = tunnel.b.guest.run("journalctl", "--no-pager", "-o", "json", "-g", "remarkable words").stdout
    for field in ("RUN_AS", "CLIENT", "REMOTE", "PEER"):
        assert f'"{field}"' in fields or f'"FUNNEL_{field}"' in fields, field


def test_no_unit_failed(tunnel):
    for node in tunnel.nodes.values():
        assert node.guest.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout == ""
