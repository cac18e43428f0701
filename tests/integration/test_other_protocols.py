"""Protocols and clients that the examples have not, with the programs that people use.

    branch (a)                                            hoster (b)                    KDC (k)
    kpasswd, chronyd, snmptrap, snmpinform, Python  ====  chronyd, snmptrapd, Python    kadmind
"""
import os

import pytest

import lab
from lab.backends.chrony import ask_time, time_server
from lab.backends.program import start_program
from lab.base import Child, write_file
from lab.kadmind import PORT as KADMIND_PORT, Kadmind
from lab.netns import ADDRESSES

KPASSWD_PORT = KADMIND_PORT + 1
TRAP = ".1.3.6.1.4.1.8072.2.3.0.1"
SERVICES = [
    lab.Service("kpasswd", "udp", ("127.0.0.1:464",), f"{ADDRESSES['k']}:{KPASSWD_PORT}"),
    lab.Service("kpasswd-tcp", "tcp", ("127.0.0.1:464",), f"{ADDRESSES['k']}:{KPASSWD_PORT}"),
    lab.Service("ntp", "udp", ("127.0.0.1:1123",), "127.0.0.1:123"),
    lab.Service("trap", "udp", ("127.0.0.1:1162",), "127.0.0.1:162", listen_service={"lifetime": "30s"}),
    lab.Service("mirror", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102"),
    lab.Service("silent", "tcp", ("127.0.0.1:7003",), "127.0.0.1:7103", listen_service={"keepalive": "2s"},
                connect_service={"keepalive": "2s"}),
]

# Types the old password and the new one twice, as a user does.
CHANGE = """
import os, pty, sys
config, *words = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(KRB5_CONFIG=config, KRB5CCNAME="MEMORY:")
    os.execvp("kpasswd", ["kpasswd", "user1"])
said = b""
for prompt, word in zip((b"Password for", b"Enter new", b"Enter it again"), words):
    while b":" not in said.partition(prompt)[2]: said += os.read(terminal, 1000)
    os.write(terminal, word.encode() + b"\\n")
try:
    while piece := os.read(terminal, 1000): said += piece
except OSError: pass
print(said.decode())
"""
SIZES = (0, 1, 1400, 1401, 65000, 65507)
ASK = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect(("127.0.0.1", 7002))
for size in {SIZES}:
    s.send(bytes(size)); print(len(s.recv(70000)), end=" ")
"""
GIVE_UP = """
import socket
all = [socket.create_connection(("127.0.0.1", 7003)) for _ in range(50)]
for one in all: one.sendall(b"hello")
for one in all: one.close()
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel(SERVICES)
    # A client whose program has ended waits for the end of its connection this long.
    made.network.run("a", "sysctl", "-qw", "net.ipv4.tcp_fin_timeout=3")
    made.prepare()
    kadmind = Kadmind(made.realm)
    made.realm.stop()
    made.realm.start()
    made.realm.admin("addprinc -pw first-password user1")
    yield made.start().wait_up()
    kadmind.stop()


def change_password(tunnel, kind, old, new):
    with open(tunnel.realm.config, encoding="utf-8") as file:
        text = file.read()
    config = os.path.join(tunnel.workspace.path, f"krb5-{kind}.conf")
    write_file(config, text.replace("        kdc =", "        kpasswd_server = 127.0.0.1:464\n        kdc ="))
    return tunnel.run("a", "/usr/bin/python3", "-c", CHANGE, config, old, new, new, timeout=90, check=False).stdout


def test_a_password_is_changed_over_tcp_and_over_udp(tunnel):
    """The server sees another address than the client has, and says so in its answer."""
    assert "Password changed" in change_password(tunnel, "tcp", "first-password", "second-password")
    assert tunnel.a.counters("funnel-tcpd@kpasswd-tcp")["sessions_total"] >= 1
    tunnel.a["funnel-tcpd@kpasswd-tcp"].stop()
    assert "Password changed" in change_password(tunnel, "udp", "second-password", "third-password")
    assert tunnel.a.counters("funnel-udpd@kpasswd")["datagrams_in"] >= 1


def test_time_comes_through(tunnel):
    with time_server(tunnel):
        said = ask_time(tunnel, 1123)
    assert "System clock wrong by" in said, said


def notify(tunnel, program, *options):
    return tunnel.run("a", program, "-v2c", "-c", "public", *options, "127.0.0.1:1162", "", TRAP, check=False)


def test_traps_arrive_and_informs_are_acknowledged(tunnel):
    config, log = (os.path.join(tunnel.workspace.path, name) for name in ("snmptrapd.conf", "snmptrapd.out"))
    write_file(config, "disableAuthorization yes\n")
    server = Child("snmptrapd", tunnel.network.inside("b", "snmptrapd", "-f", "-Lo", "-C", "-c", config, "-On",
                                                      "udp:127.0.0.1:162"), log)

    def seen():
        with open(log, encoding="utf-8", errors="replace") as file:
            return file.read().count(TRAP[1:])
    try:
        lab.wait_until(lambda: notify(tunnel, "snmpinform", "-r", "0", "-t", "1").returncode == 0, "snmptrapd listens", 20, 0.2)
        before = seen()
        for _ in range(20):
            notify(tunnel, "snmptrap")
        assert notify(tunnel, "snmpinform", "-r", "2", "-t", "2").returncode == 0
        lab.wait_until(lambda: seen() == before + 21, "all have arrived", 15, detail=lambda: f"{seen()} after {before}")
    finally:
        server.stop()
    assert notify(tunnel, "snmpinform", "-r", "0", "-t", "1").returncode != 0, "nobody is there to acknowledge"


def test_empty_and_largest_datagrams_come_back_whole(tunnel):
    server = start_program(tunnel.network, "b", "echo_datagrams", 7102)
    said = tunnel.run("a", "/usr/bin/python3", "-c", ASK).stdout
    server.kill()
    server.communicate()
    assert tuple(int(size) for size in said.split()) == SIZES


def test_clients_that_gave_up_leave_nothing_behind(tunnel):
    """Their server has accepted, and never says a word."""
    server = start_program(tunnel.network, "b", "silent_stream", 7103)
    tunnel.run("a", "/usr/bin/python3", "-c", GIVE_UP)
    lab.wait_until(lambda: not any(node.counters("funnel-tcpd@silent")["sessions"] for node in tunnel.nodes.values()),
                   "no session is left", 60, 0.2, tunnel.describe)
    server.kill()
    server.communicate()
