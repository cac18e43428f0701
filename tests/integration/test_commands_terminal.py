"""Commands with a terminal: funnel-run on one here, the command on one of its own there.

    branch (a)                                                                hoster (b)
    this test == pseudo-terminal == funnel-run == funnel-tcpd@wide == lan == funnel-tcpd@wide == funnel-exec == pseudo-terminal == sh
    this test == pseudo-terminal == funnel-run == funnel-tcpd@bare == lan == funnel-tcpd@bare == funnel-exec == 3 pipes == sh
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

import lab
from lab.base import become

LOST = 255
ALICE = 64901
PATIENCE = 60
# What comes before the terminal here is raw gets a second \r from it.
READY = rb"ready\r+\n"


def command(name, **section):
    return lab.Service(name, "command", (), None, listen_section={"allow-users": ALICE},
                       connect_section={"exec": "/bin/sh -c", "user": "nobody", "arguments": "yes", **section})


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([command("wide", terminal="auto"), command("bare")]).prepare().start().wait_up()


def in_session_of(terminal, uid):
    user = become(uid)

    def begin():
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        user()
    return begin


class Typing:
    """funnel-run as the foreground of a terminal of its own; we are the keyboard and the screen."""

    def __init__(self, tunnel, service, script, rows=30, columns=100, options=()):
        self.ours, self.terminal = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.terminal)
        self.screen = b""
        self.process = subprocess.Popen(
            [tunnel.a.path("funnel-run"), "--run", tunnel.a.run, *options, service, script], stdin=self.terminal, stdout=self.terminal,
            stderr=self.terminal, env={**os.environ, "TERM": "vt100"}, preexec_fn=in_session_of(self.terminal, ALICE))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.terminal)

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.ours, keys)

    def _look(self, seconds):
        if select.select([self.ours], [], [], seconds)[0]:
            self.screen += os.read(self.ours, 65536)

    def until(self, text):
        end = time.monotonic() + PATIENCE
        while not re.search(text, self.screen):
            assert time.monotonic() < end, self.screen
            self._look(1)

    def finish(self):
        """The status, once the terminal is as it was."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.screen
            self._look(0.05)
        while select.select([self.ours], [], [], 0)[0]:
            self._look(0)
        assert termios.tcgetattr(self.terminal) == self.before
        return self.process.returncode

    def is_raw(self):
        return not termios.tcgetattr(self.terminal)[3] & (termios.ICANON | termios.ISIG | termios.ECHO)


def test_the_command_has_a_terminal_of_the_same_size_and_type(tunnel):
    with Typing(tunnel, "wide", "tty; stty size; echo $TERM; exit 7") as typing:
        assert typing.finish() == 7
        assert re.search(rb"^/dev/pts/\d+\r+\n30 100\r+\nvt100\r+\n", typing.screen), typing.screen
    tunnel.b.wait_logged("command-started", "terminal=vt100", daemon="funnel-exec@wide")


def test_another_size_arrives(tunnel):
    with Typing(tunnel, "wide", "trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.05; done") as typing:
        typing.until(READY)
        typing.resize(41, 121)
        assert typing.finish() == 3
        assert re.search(rb"41 121\r+\n", typing.screen)


def test_what_is_typed_goes_there_as_it_is(tunnel):
    with Typing(tunnel, "wide", "echo ready; read line; echo \"<$line>\"") as typing:
        typing.until(READY)
        lab.wait_until(typing.is_raw, "the terminal here is raw")
        # The far terminal knows what ^U means, and echoes what it takes.
        typing.type(b"wrong\x15right\r")
        assert typing.finish() == 0
        assert b"<right>\r\n" in typing.screen


def test_an_interrupt_is_a_byte_where_there_is_a_terminal(tunnel):
    with Typing(tunnel, "wide", "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done") as typing:
        typing.until(READY)
        lab.wait_until(typing.is_raw, "the terminal here is raw")
        typing.type(b"\x03")
        assert typing.finish() == 9
        assert b"caught\r\n" in typing.screen


def test_an_interrupt_is_a_signal_where_there_is_none(tunnel):
    with Typing(tunnel, "bare", "tty; echo ready; exec sleep 1000") as typing:
        typing.until(rb"not a tty\r\nready\r\n")
        assert not typing.is_raw()
        typing.type(b"\x03")
        assert typing.finish() == 128 + signal.SIGINT


@pytest.mark.parametrize("option", ("-T", "-n"))
def test_whoever_wants_no_terminal_gets_none(tunnel, option):
    with Typing(tunnel, "wide", "tty; exit 4", options=[option]) as typing:
        assert typing.finish() == 4
        assert b"not a tty\r\n" in typing.screen


def test_a_pipe_is_no_terminal(tunnel):
    out = subprocess.run([tunnel.a.path("funnel-run"), "--run", tunnel.a.run, "wide", "tty; echo problem >&2"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, preexec_fn=become(ALICE), check=False)
    assert (out.stdout, out.stderr) == (b"not a tty\n", b"problem\n")


def test_a_job_that_is_stopped_gives_the_terminal_back(tunnel):
    with Typing(tunnel, "wide", "echo ready; read line; echo \"<$line>\"") as typing:
        typing.until(READY)
        lab.wait_until(typing.is_raw, "the terminal here is raw")
        # As by kill: ^Z would be the command's.
        typing.process.send_signal(signal.SIGTSTP)
        os.waitid(os.P_PID, typing.process.pid, os.WSTOPPED | os.WNOWAIT)
        assert termios.tcgetattr(typing.terminal) == typing.before
        typing.process.send_signal(signal.SIGCONT)
        lab.wait_until(typing.is_raw, "the terminal here is raw again")
        typing.type(b"on\r")
        assert typing.finish() == 0
        assert b"<on>\r\n" in typing.screen


@pytest.mark.parametrize("letter", "ab")
@pytest.mark.parametrize("daemon", ("funnel-tcpd@wide", "funnel-sctpd"))
def test_the_terminal_is_as_before_when_a_daemon_has_died(tunnel, letter, daemon):
    with Typing(tunnel, "wide", "echo ready; exec sleep 1000") as typing:
        typing.until(READY)
        lab.wait_until(typing.is_raw, "the terminal here is raw")
        tunnel.nodes[letter].daemons[daemon].kill9()
        assert typing.finish() == LOST
        # What is said of it is said on a terminal that begins lines again.
        assert re.search(rb"funnel-run: wide: .*lost.*\r\n", typing.screen), typing.screen
    tunnel.wait_up("wide", deadline=60)


def test_the_terminal_goes_with_its_user(tunnel):
    path = os.path.join(tunnel.workspace.folder("marks", mode=0o777), "job")
    # In the foreground, but in another process group than the command's.
    script = f"set -m; sh -c 'echo $$ > {path}; echo ready; exec sleep 1000'; echo over"
    with Typing(tunnel, "wide", script) as typing:
        typing.until(READY)
        typing.process.kill()
        typing.process.wait()
        with open(path, encoding="utf-8") as file:
            pid = int(file.read())
        lab.wait_until(lambda: not lab.base.is_running(pid), "the job ends", 20)
