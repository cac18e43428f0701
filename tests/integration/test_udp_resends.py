"""A client's impatience: with suppress-resends the same request is not sent twice while it is on its way.

    branch (a)                                                  hoster (b)
    a client that asks 5 times -> funnel-udpd@once  ==========> a server that counts and keeps silent
    the same                   -> funnel-udpd@each  ==========> the same
"""
import subprocess

import pytest

import lab

ONCE = lab.Service("once", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102",
                   listen_service={"suppress-resends": "yes", "lifetime": "30s"})
EACH = lab.Service("each", "udp", ("127.0.0.1:7003",), "127.0.0.1:7103")

ASK = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.connect(("127.0.0.1", int(sys.argv[1])))
for _ in range(5):
    link.send(b"the same question")
link.send(b"another question")
link.settimeout(20)
print(link.recv(100).decode())
link.send(b"the same question")
print(link.recv(100).decode())
"""

# Answers "another question" only after all that was before it had its chance, and then whatever comes.
SERVE = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
seen, answering = 0, False
while True:
    asked, client = link.recvfrom(100)
    seen += asked == b"the same question"
    if asked == b"another question" or answering:
        link.sendto(b"%d" % seen, client)
        answering = True
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([ONCE, EACH]).prepare().start()
    servers = []
    for port in (7102, 7103):
        servers.append(made.network.popen("b", "/usr/bin/python3", "-c", SERVE, port, stdout=subprocess.PIPE, text=True))
        assert servers[-1].stdout.readline() == "listening\n"
    yield made.wait_up()
    for server in servers:
        server.kill()
        server.wait()


def ask(tunnel, port):
    """How often the server had seen the question when it answered the first and the second time."""
    return [int(line) for line in tunnel.network.run("a", "/usr/bin/python3", "-c", ASK, port).stdout.split()]


def test_repeated_datagram_is_sent_once(tunnel):
    before = tunnel.a.counters("funnel-udpd@once")["resends_suppressed"]
    # An answer has come, so the question that is asked again goes out again.
    assert ask(tunnel, 7002) == [1, 2]
    assert tunnel.a.counters("funnel-udpd@once")["resends_suppressed"] == before + 4


def test_without_the_key_each_is_sent(tunnel):
    assert ask(tunnel, 7003)[0] == 5
    assert tunnel.a.counters("funnel-udpd@each")["resends_suppressed"] == 0
