"""What funnelctl says of nodes that work: lists, single values, rules, counters, live rates.

    branch (a)                              hoster (b)
    funnel-udpd@dns     ==== dns ====>      nsd
    funnel-tcpd@ldap    ==== ldap ===>      nobody: no backend is needed here
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest

import lab
from lab.realm import REALM


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service(), lab.ldap_service()], with_nsd=True)
    made.prepare().start().wait_up()
    made.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT")
    return made


def answer(node, *arguments, check=True):
    return json.loads(node.funnelctl(*arguments, "--json", check=check).stdout)


def metrics_of(node):
    """{"name{labels}": value} of what Prometheus would read."""
    lines = node.funnelctl("metrics").stdout.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_services_are_listed_with_state_and_sessions(tunnel):
    here = {service["service"]: service for service in answer(tunnel.a, "services")}
    assert here["dns"]["protocol"] == "udp" and here["dns"]["role"] == "listen"
    assert here["dns"]["addresses"] == ["127.0.0.1:5353", "[::1]:5353"]
    assert here["dns"]["peer"] == "hoster" and here["dns"]["state"] == "open"
    assert here["dns"]["sessions"] == 1 and here["dns"]["edge_alive"]
    there = {service["service"]: service for service in answer(tunnel.b, "services")}
    assert there["ldap"]["role"] == "connect" and there["ldap"]["sessions"] == 0
    assert "127.0.0.1:5353, [::1]:5353" in tunnel.a.funnelctl("services").stdout


def test_peers_are_listed_with_principal_and_round_trip(tunnel):
    peer, = answer(tunnel.a, "peers")
    assert peer["peer"] == "hoster" and peer["state"] == "up" and peer["carrier"] == "udp"
    assert peer["principal"] == f"funnel/hoster.funnel.test@{REALM}"
    assert peer["rtt_ms"] > 0 and peer["since"] and peer["reason"] is None
    assert peer["principal"] in tunnel.a.funnelctl("peers").stdout


def test_show_names_the_line_of_each_value(tunnel):
    keys = {f"{key['section']}.{key['key']}": key["values"] for key in answer(tunnel.a, "show", "dns")["keys"]}
    with open(tunnel.a.service_path("dns"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    for name in ("service.protocol", "service.edge-user", "listen.address", "security.expect"):
        for value in keys[name]:
            assert value["file"] == tunnel.a.service_path("dns")
            assert lines[value["line"] - 1] == f"{name.partition('.')[2]} = {value['value']}"
    assert keys["service.lifetime"] == [{"value": "5s", "default": True, "file": None, "line": None}]
    assert "hoster.funnel.test" in tunnel.a.funnelctl("show", "--peer", "hoster").stdout
    assert "branch.funnel.test" in tunnel.a.funnelctl("show", "--node").stdout


def test_allowed_agrees_with_what_was_let_in(tunnel):
    ours = f"dns/branch.funnel.test@{REALM}"
    done = tunnel.b.funnelctl("allowed", "dns", ours)
    assert f"accept = {ours}" in done.stdout and tunnel.b.service_path("dns") + ":" in done.stdout
    done = tunnel.b.funnelctl("allowed", "dns", "dns/branch.funnel.test@OTHER.TEST", check=False)
    assert done.returncode == 1 and "the realm is OTHER.TEST" in done.stdout
    assert tunnel.a.funnelctl("allowed", "dns", f"dns/hoster.funnel.test@{REALM}").returncode == 0
    assert tunnel.a.funnelctl("allowed", "dns", ours, check=False).returncode == 1
    assert tunnel.b.funnelctl("allowed", "dns", "nonsense", check=False).returncode == 2


def test_check_of_one_service_does_not_mind_another(tunnel, tmp_path):
    copy = tmp_path / "etc"
    subprocess.run(["cp", "-r", tunnel.a.etc, copy], check=True)
    (copy / "services.d" / "ldap.ini").write_text("[service\n")
    node = tunnel.a
    assert node.funnelctl("--config", copy, "check", check=False).returncode == 1
    assert node.funnelctl("--config", copy, "check", "--service", "dns").returncode == 0
    assert node.funnelctl("check", "--config", "/etc", "--root", tmp_path, "--service", "dns").returncode == 0
    assert node.funnelctl("--config", copy, "check", "--service", "ldap", check=False).returncode == 1


def test_metrics_are_what_the_daemons_count(tunnel):
    found = metrics_of(tunnel.a)
    counted = tunnel.a.counters("funnel-udpd@dns")
    assert found['funnel_udpd_flows_total{daemon="funnel-udpd",service="dns"}'] == counted["flows_total"]
    assert found['funnel_up{daemon="funnel-sctpd"}'] == 1
    assert found['funnel_sctpd_associations_up{daemon="funnel-sctpd"}'] == 1
    assert found['funnel_beat_age_seconds{daemon="funnel-authd"}'] < 60
    path, = [name for name, value in found.items() if name.startswith("funnel_path_info{") and 'state="active"' in name]
    labels = path[len("funnel_path_info"):path.index(",state=")] + "}"
    assert 'peer="hoster"' in labels and 'carrier="udp"' in labels
    assert 0 < found["funnel_path_least_rtt_seconds" + labels] < 1
    assert found["funnel_path_delivery_bytes_per_second" + labels] > 0
    assert found["funnel_path_packet_bytes" + labels] >= 1200
    assert found["funnel_path_retransmitted_chunks_total" + labels] >= 0
    said = subprocess.run(["promtool", "check", "metrics"], input=tunnel.a.funnelctl("metrics").stdout, text=True,
                          capture_output=True, check=False)
    assert said.returncode == 0 and not said.stdout and not said.stderr, said.stdout + said.stderr


def test_top_once_shows_rates(tunnel):
    text = tunnel.a.funnelctl("top", "--once", "--interval", "100ms").stdout
    assert "branch.funnel.test" in text and "hoster" in text
    line = next(line for line in text.splitlines() if line.startswith("  dns "))
    assert "listen" in line and "open" in line


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, columns, rows):
        self.said = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def _read(self):
        if select.select([self.fd], [], [], 0.05)[0]:
            try:
                self.said += os.read(self.fd, 65536)
            except OSError:  # its end
                pass
        return self.said

    def wait_for(self, text):
        """Waits until it appears in what comes from now on."""
        self.said = b""
        lab.wait_until(lambda: text.encode() in self._read(), f"the terminal shows '{text}'",
                       detail=lambda: self.said.decode(errors="replace"))

    def end(self):
        """Its exit status, once it ended by itself."""
        def ended():
            self._read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return (os.waitstatus_to_exitcode(status),) if pid else None
        return lab.wait_until(ended, "the command ends")[0]


def inside(node, *arguments):
    command = node.network.inside(node.letter, node.path("funnelctl"), *node.common_options, *arguments)
    return [str(word) for word in command]


def test_top_on_a_terminal(tunnel):
    terminal = Terminal(inside(tunnel.a, "top", "--interval", "100ms"), 120, 30)
    terminal.wait_for("sorted by name")
    terminal.type("s")
    terminal.wait_for("traffic")
    terminal.type(" ")
    terminal.resize(40, 5)
    terminal.wait_for("more lines")
    terminal.resize(120, 30)
    terminal.wait_for("listen")
    terminal.type("q")
    assert terminal.end() == 0
    assert b"\x1b[?1049l" in terminal.said, "the terminal is given back"


def test_top_gives_the_terminal_back_when_it_is_ended(tunnel):
    terminal = Terminal(inside(tunnel.a, "top"), 80, 24)
    terminal.wait_for("sorted by name")
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.end()
    assert b"\x1b[?1049l" in terminal.said


def test_top_wants_a_terminal(tunnel):
    done = tunnel.a.funnelctl("top", check=False)
    assert done.returncode == 1 and "--once" in done.stdout


COMPLETION = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "funnelctl",
                          "completion", "funnelctl.bash")


def complete(tunnel, words):
    """What the shell offers for the last of the words."""
    node = tunnel.a
    line = " ".join([node.path("funnelctl"), *node.common_options, words])
    script = 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _funnelctl; printf "%s\\n" "${COMPREPLY[@]}"'
    return node.network.run("a", "bash", "-c", script, "bash", COMPLETION, line).stdout.split()


def test_completion_knows_commands_options_and_names(tunnel):
    assert complete(tunnel, "serv") == ["services"]
    assert {"show", "status", "services"} <= set(complete(tunnel, "s"))
    assert complete(tunnel, "check --se") == ["--service"]
    assert complete(tunnel, "check --service ") == ["dns", "ldap"]
    assert complete(tunnel, "check --service=l") == ["ldap"]
    assert complete(tunnel, "show l") == ["ldap"]
    assert complete(tunnel, "forward l") == ["ldap"]
    assert complete(tunnel, "show --peer ") == ["hoster"]
    assert complete(tunnel, "log-level funnel-a") == ["funnel-authd"]
    assert complete(tunnel, "log-level funnel-authd d") == ["debug"]


def test_completion_knows_live_channels_and_sessions(tunnel):
    assert re.fullmatch("dns/[0-9]+", complete(tunnel, "close dns/")[0])
    # An answered flow soon ends.
    tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT")
    assert complete(tunnel, "reset dns/")[0].startswith("dns/")


def test_completion_in_a_shell_gets_over_the_at_sign(tunnel):
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], 200, 24)
    terminal.type(f"PS1='> '; source {COMPLETION}; complete -F _funnelctl {inside(tunnel.a)[3]}\n")
    command = " ".join(inside(tunnel.a)[3:])
    terminal.type(f"{command} reload funnel-tc\t")
    terminal.wait_for("reload funnel-tcpd@ldap")
    terminal.type(f"\x15{command} reload funnel-tcpd@l\t")
    terminal.wait_for("reload funnel-tcpd@ldap")
    terminal.type("\x15exit\n")
    assert terminal.end() == 0


def test_dead_daemons_are_reported_and_their_counters_stay(tunnel):
    """The last one, since it ends a daemon."""
    tunnel.a["funnel-udpd@dns"].stop()
    assert metrics_of(tunnel.a)['funnel_up{daemon="funnel-udpd",service="dns"}'] == 0
    assert metrics_of(tunnel.a)['funnel_udpd_flows_total{daemon="funnel-udpd",service="dns"}'] >= 1
    tunnel.a["funnel-sctpd"].stop()
    done = tunnel.a.funnelctl("services", check=False)
    assert done.returncode == 1 and "funnel-sctpd does not answer" in done.stdout
    assert tunnel.a.funnelctl("peers", check=False).returncode == 1
