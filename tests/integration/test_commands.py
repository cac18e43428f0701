"""Commands, inetd style: funnel-run at one node, the command at the other, three flows between them.

    branch (a)                                                          hoster (b)
    funnel-run == 3 sockets == funnel-tcpd@shell == lan == funnel-tcpd@shell == 3 sockets == funnel-exec == 3 pipes == sh
    funnel-run == 3 sockets == funnel-tcpd@fixed == lan == funnel-tcpd@fixed == 3 sockets == funnel-exec == 3 pipes == printf
"""
import hashlib
import os
import re
import signal
import subprocess
import threading

import pytest

import lab
from lab.base import become

MIB = 1 << 20
LOSS = 0.02
REFUSED, LOST = 254, 255
ALICE, MALLORY = 64901, 64902
PATIENCE = 60


def command(name, exec_line, **section):
    return lab.Service(name, "command", (), None, listen_section={"allow-users": ALICE},
                       connect_section={"exec": exec_line, "user": "nobody", **section})


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    # What the tests want to have run is shell; `fixed` is what a careful administrator writes.
    services = [command("shell", "/bin/sh -c", arguments="yes"),
                command("fixed", r"""/usr/bin/printf "[%%s]" 'two words' one\x21""")]
    return make_tunnel(services).prepare().start().wait_up()


class Running:
    """funnel-run as a child of ours, at the branch."""

    def __init__(self, tunnel, service, *arguments, options=(), uid=ALICE, **streams):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        self.process = subprocess.Popen(
            [tunnel.a.path("funnel-run"), "--run", tunnel.a.run, *options, service, *arguments],
            preexec_fn=become(uid), **streams)

    def finish(self, data=None):
        out, err = self.process.communicate(data, timeout=PATIENCE)
        return self.process.returncode, out, err


def run(tunnel, *words, data=None, **options):
    if data is not None:
        options["stdin"] = subprocess.PIPE
    return Running(tunnel, *words, **options).finish(data)


def mark(tunnel, name):
    """A file that does not exist yet, and that commands at the hoster may make."""
    path = os.path.join(tunnel.workspace.folder("marks", mode=0o777), name)
    if os.path.exists(path):
        os.unlink(path)
    return path


def has_gone(pid_file):
    def gone():
        with open(pid_file, encoding="utf-8") as file:
            return not lab.base.is_running(file.read().strip())
    lab.wait_until(gone, "the command ends", 20)


def started(path):
    lab.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 0, "the command runs", 20)


def test_the_flows_are_the_commands(tunnel):
    status, out, err = run(tunnel, "shell", "cat; echo problem >&2; exit 7", data=b"through the tunnel")
    assert (status, out, err) == (7, b"through the tunnel", b"problem\n")


def test_a_signal_that_ends_the_command_is_its_status(tunnel):
    assert run(tunnel, "shell", "kill -TERM $$")[0] == 128 + signal.SIGTERM


def test_arguments_are_split_as_systemd_does(tunnel):
    assert run(tunnel, "fixed") == (0, b"[two words][one!]", b"")


def test_arguments_are_passed_only_where_the_file_says_so(tunnel):
    assert run(tunnel, "shell", "echo $0 $1 $2", "zero", "--option", "a  b") == (0, b"zero --option a b\n", b"")
    status, out, err = run(tunnel, "fixed", "more")
    assert (status, out) == (REFUSED, b"") and b"takes no arguments" in err


def test_what_cannot_be_run_says_so(tunnel):
    path = tunnel.b.service_path("fixed")
    with open(path, encoding="utf-8") as file:
        before = file.read()
    try:
        lab.base.write_file(path, re.sub("exec = .*", "exec = /nonexistent/program", before))
        status, _, err = run(tunnel, "fixed")
        # The file was read anew.
        assert status == REFUSED and b"cannot run /nonexistent/program" in err
    finally:
        lab.base.write_file(path, before)


def test_the_command_knows_whose_it_is(tunnel):
    said = run(tunnel, "shell", "env")[1].decode()
    assert "FUNNEL_SERVICE=shell\n" in said and "FUNNEL_PEER=branch\n" in said
    assert "FUNNEL_PRINCIPAL=shell/branch.funnel.test@" in said
    assert f"FUNNEL_USER={ALICE}\n" in said
    assert "LISTEN_FDS" not in said and "KRB5" not in said


def test_only_those_who_are_listed_run_it(tunnel):
    status, out, err = run(tunnel, "shell", "echo ran", uid=MALLORY)
    assert (status, out) == (REFUSED, b"") and b"allow-users" in err
    tunnel.a.wait_logged("run-refused", f"uid={MALLORY}")
    assert run(tunnel, "shell", "echo ran", uid=0)[1] == b"ran\n"


def test_who_ran_what_is_logged(tunnel):
    assert run(tunnel, "shell", "echo remarkable", "words")[0] == 0
    tunnel.b.wait_logged("command-started", "echo remarkable words", "peer=branch", "remote=shell/branch.funnel.test@",
                         f"client={ALICE}", daemon="funnel-exec@shell")
    tunnel.b.wait_logged("command-ended", "with status 0", "output_bytes=11", daemon="funnel-exec@shell")


def test_nobody_but_its_edge_calls_the_helper(tunnel):
    for uid in (0, tunnel.b.uid("funnel-tcpd@fixed")):
        script = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(20); "
                  "s.connect(sys.argv[1]); print(s.recv(1))")
        os.chmod(os.path.join(tunnel.b.run, "exec", "shell.sock"), 0o666)
        said = lab.base.run(["/usr/bin/python3", "-c", script, os.path.join(tunnel.b.run, "exec", "shell.sock")], uid=uid)
        assert said.stdout == "b''\n"
        tunnel.b.wait_logged("exec-refused", f"has uid {uid}, not that of", daemon="funnel-exec@shell")


def test_input_arrives_whole_and_ends(tunnel):
    data = os.urandom(8 * MIB)
    status, out, _ = run(tunnel, "shell", "sha256sum", data=data)
    assert status == 0 and out.decode().split()[0] == hashlib.sha256(data).hexdigest()
    assert run(tunnel, "shell", "wc -c", data=b"not for it", options=["-n"])[1] == b"0\n"


def test_an_interrupt_passes_a_full_input(tunnel):
    """Nobody reads what is poured in; the flow's credit is used up long before ^C."""
    path = mark(tunnel, "full")
    with open("/dev/zero", "rb") as zero:
        running = Running(tunnel, "shell", f"echo $$ > {path}; exec sleep 1000", stdin=zero)
        started(path)
        lab.wait_until(lambda: tunnel.a.counters("funnel-tcpd@shell")["bytes_to_channel"] > MIB, "input is on its way")
        running.process.send_signal(signal.SIGINT)
        assert running.finish()[0] == 128 + signal.SIGINT
    has_gone(path)


def test_errors_pass_a_blocked_output(tunnel):
    path = mark(tunnel, "blocked")
    go = mark(tunnel, "go")
    received = tunnel.a.counters("funnel-tcpd@shell")["payload_bytes_received"]
    running = Running(tunnel, "shell", f"echo $$ > {path}; yes & while ! [ -e {go} ]; do sleep 0.05; done; echo problem >&2; wait")
    lab.wait_until(lambda: tunnel.a.counters("funnel-tcpd@shell")["payload_bytes_received"] > received + 65536, "its output is blocked")
    lab.base.write_file(go, "")
    assert running.process.stderr.readline() == b"problem\n"
    running.process.send_signal(signal.SIGTERM)
    # Until now nobody has read its output.
    status, out, _ = running.finish()
    assert status == 128 + signal.SIGTERM and len(out) > 0 and set(out) == set(b"y\n")
    has_gone(path)


def test_a_user_who_goes_ends_the_command(tunnel):
    path, done = mark(tunnel, "left"), mark(tunnel, "done")
    running = Running(tunnel, "shell", f"echo $$ > {path}; cat > /dev/null; echo whole > {done}", stdin=subprocess.PIPE)
    running.process.stdin.write(b"half")
    running.process.stdin.flush()
    started(path)
    running.process.kill()
    running.finish()
    has_gone(path)
    assert not os.path.exists(done), "the command took half of its input for all of it"


def test_a_reader_who_goes_ends_the_command(tunnel):
    path = mark(tunnel, "head")
    running = Running(tunnel, "shell", f"echo $$ > {path}; exec yes")
    assert running.process.stdout.readline() == b"y\n"
    running.process.stdout.close()
    assert running.process.wait(PATIENCE) == -signal.SIGPIPE
    has_gone(path)


@pytest.mark.parametrize("letter", "ab")
@pytest.mark.parametrize("daemon", ("funnel-tcpd@shell", "funnel-sctpd"))
def test_a_daemon_that_dies_is_no_success(tunnel, letter, daemon):
    path = mark(tunnel, "lost")
    running = Running(tunnel, "shell", f"echo $$ > {path}; echo begun; sleep 1000")
    assert running.process.stdout.readline() == b"begun\n"
    tunnel.nodes[letter].daemons[daemon].kill9()
    status, out, err = running.finish()
    assert (status, out) == (LOST, b"") and b"lost" in err
    has_gone(path)
    tunnel.wait_up("shell", deadline=60)
    assert run(tunnel, "shell", "echo again") == (0, b"again\n", b"")


def test_a_helper_that_dies_is_no_success(tunnel):
    path = mark(tunnel, "helper")
    running = Running(tunnel, "shell", f"echo $PPID > {path}; echo $$ > {path}.command; echo begun; sleep 1000")
    assert running.process.stdout.readline() == b"begun\n"
    with open(path, encoding="utf-8") as file:
        os.kill(int(file.read()), signal.SIGKILL)
    assert running.finish()[0] == LOST
    has_gone(f"{path}.command")


def test_a_drained_service_starts_nothing_new(tunnel):
    running = Running(tunnel, "shell", "echo begun; cat", stdin=subprocess.PIPE)
    assert running.process.stdout.readline() == b"begun\n"
    tunnel.a.funnelctl("drain", "shell")
    try:
        status, _, err = run(tunnel, "shell", "true")
        assert status == REFUSED and b"drained" in err
        # What runs goes on.
        assert running.finish(b"still here") == (0, b"still here", b"")
    finally:
        tunnel.a.funnelctl("resume", "shell")


def test_max_sessions_has_three_for_each_command(tunnel):
    with tunnel.a.service_changed("fixed", "[service]\n", "[service]\nmax-sessions = 2\n"):
        lab.wait_until(lambda: run(tunnel, "fixed")[0] == REFUSED, "the limit is in force")
        assert b"max-sessions" in run(tunnel, "fixed")[2]
    lab.wait_until(lambda: run(tunnel, "fixed")[0] == 0, "the limit is gone")


def test_no_link_is_no_success(tunnel):
    tunnel.b["funnel-sctpd"].stop()
    try:
        status, out, err = run(tunnel, "shell", "echo ran")
        assert (status, out) == (LOST, b"") and err
    finally:
        tunnel.b["funnel-sctpd"].start()
        tunnel.wait_up(deadline=60)


@pytest.mark.volume
def test_two_streams_arrive_whole_under_loss(tunnel):
    """64 MiB of output with errors in between, while packets are lost; each stream is compared for itself."""
    script = "i=0; while [ $i -lt 64 ]; do head -c 1048576 /dev/zero; echo error $i >&2; i=$((i+1)); done; exit 5"
    tunnel.network.drop(LOSS)
    try:
        running, errors = Running(tunnel, "shell", script), []
        reader = threading.Thread(target=lambda: errors.append(running.process.stderr.read()))
        reader.start()
        size = 0
        while piece := running.process.stdout.read(MIB):
            assert not piece.strip(b"\0")
            size += len(piece)
        reader.join()
        assert running.process.wait(PATIENCE) == 5
        assert size == 64 * MIB
        assert errors[0].decode() == "".join(f"error {i}\n" for i in range(64))
        assert tunnel.network.dropped("a") + tunnel.network.dropped("b") > 100
    finally:
        tunnel.network.pass_all()
