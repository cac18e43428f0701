"""tests/tools/holder does what systemd would, so that the other tests can rely on it.

    this test --UDP 127.0.0.1:5999--> holder's socket --LISTEN_FDS--> a small daemon that answers
"""
import os
import socket
import textwrap

import pytest

import lab

DAEMON = textwrap.dedent("""
    import os, socket
    assert os.environ["LISTEN_PID"] == str(os.getpid())
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.sendto(b"READY=1\\nSTATUS=here", "\\0" + os.environ["NOTIFY_SOCKET"][1:])
    listening = socket.socket(fileno=3)
    listening.setblocking(True)
    print("up", flush=True)
    while True:
        data, sender = listening.recvfrom(100)
        facts = [os.environ["LISTEN_FDS"], os.environ["LISTEN_FDNAMES"], str(os.getuid()), str(os.getgroups()),
                 str(sorted(name for name in os.environ if not name.startswith("L"))), str(os.getpid())]
        listening.sendto("|".join(facts).encode(), sender)
""")
ADDRESS = ("127.0.0.1", 5999)


@pytest.fixture
def workspace():
    made = lab.Workspace()
    yield made
    made.remove()


def start(workspace, *options):
    path = os.path.join(workspace.folder("seqpacket"), "s.sock")
    daemon = lab.Daemon("small", workspace.folder("small"), ["/usr/bin/python3", "-c", DAEMON],
                        [f"--udp=listen={ADDRESS[0]}:{ADDRESS[1]}", f"--seqpacket=channel={path},0660,7:64777",
                         "--restart-delay=0.2", *options], 64777)
    daemon.start()
    return daemon


@pytest.fixture
def client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        made.connect(ADDRESS)
        yield made


def ask(client):
    client.send(b"?")
    return client.recv(1000).decode().split("|")


def test_gives_sockets_user_and_a_bare_environment(workspace, client):
    daemon = start(workspace)
    daemon.wait_ready()
    count, names, uid, groups, variables, pid = ask(client)
    assert (count, names, uid, groups) == ("2", "listen:channel", "64777", "[]")
    assert variables == "['NOTIFY_SOCKET', 'PATH']"
    assert int(pid) == daemon.pid
    found = os.stat(os.path.join(workspace.path, "seqpacket/s.sock"))
    assert (found.st_mode & 0o777, found.st_uid, found.st_gid) == (0o660, 7, 64777)
    daemon.stop()
    assert daemon.pid == 0 and daemon.exits == ["SIGTERM"]


def test_keeps_its_sockets_over_kill_9(workspace, client):
    daemon = start(workspace)
    daemon.wait_ready()
    daemon.kill9()
    first = ask(client)[-1]  # waits in the socket until the daemon is back
    assert daemon.starts == 2 and daemon.exits == ["SIGKILL"]
    daemon.kill9()
    assert ask(client)[-1] != first
    daemon.stop()


def test_starts_lazily_on_the_first_activity(workspace, client):
    daemon = start(workspace, "--lazy")
    assert daemon.starts == 0
    ask(client)
    assert daemon.starts == 1
    daemon.kill9()
    ask(client)
    assert daemon.starts == 2
    daemon.stop()


def test_says_which_address_is_taken(workspace):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(ADDRESS)
        with pytest.raises(lab.LabError, match="udp 127.0.0.1:5999: Address already in use"):
            start(workspace)


def test_ends_its_daemon_when_it_is_killed_itself(workspace, client):
    daemon = start(workspace)
    daemon.wait_ready()
    pid = daemon.pid
    daemon.holder.process.kill()
    daemon.holder.process.wait()
    lab.wait_until(lambda: not lab.base.is_running(pid), "the daemon is gone")


