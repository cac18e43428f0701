"""Commands where systemd starts what starts them: the package installed in two guests, an INI file dropped in at each, a unit enabled.

    guest a "branch"                                                    guest b "hoster"
    funnel-run (games) -> funnel-tcpd@shell -> sctpd ==== sctpd -> funnel-tcpd@shell -> funnel-exec-shell.socket
                                                                                          -> funnel-exec-shell@N.service (daemon): sh
"""
import pytest

import lab

SHELL = lab.Service("shell", "command", (), None, listen_section={"allow-users": "games"},
                    connect_section={"exec": "/bin/sh -c", "user": "daemon", "arguments": "yes", "kill-after": "1s"})
REFUSED = 254


@pytest.fixture(scope="module")
def tunnel(make_installed):
    return make_installed([SHELL]).prepare().start().wait_up()


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
