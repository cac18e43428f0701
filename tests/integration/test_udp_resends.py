"""A client's impatience: with suppress-resends the same request is not sent twice while it is on its way.

    branch (a)                                                  hoster (b)
    a client that asks 5 times -> funnel-udpd@once  ==========> a server that counts and keeps silent
    the same                   -> funnel-udpd@each  ==========> the same
    one that asks every second -> funnel-udpd@lost  ==========> a server that is not always there
"""
import subprocess

import pytest

import lab
from lab.backends.program import start_program

ONCE = lab.Service("once", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102",
                   listen_service={"suppress-resends": "yes", "lifetime": "30s"})
EACH = lab.Service("each", "udp", ("127.0.0.1:7003",), "127.0.0.1:7103")

# What is lost is not on its way: by time alone the client would wait for half a minute.
LOST = lab.Service("lost", "udp", ("127.0.0.1:7004",), "127.0.0.1:7104",
                   listen_service={"suppress-resends": "yes", "lifetime": "30s", "resend-window": "30s",
                                   "connect-wait": "200ms"})

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


ASK_AGAIN = """
import socket
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.connect(("127.0.0.1", 7004))
link.settimeout(1)
for _ in range(20):
    link.send(b"the same question")
    print("asked", flush=True)
    try:
        print(link.recv(100).decode(), flush=True)
        break
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([ONCE, EACH, LOST]).prepare().start()
    servers = []
    for port in (7102, 7103):
        servers.append(start_program(made.network, "b", "counted_questions", port))
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


def client(tunnel):
    return tunnel.network.popen("a", "/usr/bin/python3", "-c", ASK_AGAIN, stdout=subprocess.PIPE, text=True)


def serve_later(tunnel, ignored):
    return start_program(tunnel.network, "b", "late_answers", 7104, ignored)


def end(server):
    server.kill()
    server.wait()


def test_a_resend_passes_when_the_backend_refused_the_first(tunnel):
    before = tunnel.b.counters("funnel-udpd@lost")["connect_failed"]
    asking = client(tunnel)
    lab.wait_until(lambda: tunnel.b.counters("funnel-udpd@lost")["connect_failed"] > before, "the backend refuses")
    server = serve_later(tunnel, 0)
    assert asking.communicate(timeout=60)[0].split()[-1] == "answer"
    end(server)


@pytest.mark.parametrize("daemon", ["funnel-sctpd", "funnel-udpd@lost"])
def test_a_resend_passes_when_the_first_was_lost_with_its_channel(tunnel, daemon):
    server = serve_later(tunnel, 1)
    asking = client(tunnel)
    assert server.stdout.readline() == "asked\n"
    tunnel.b[daemon].kill9()
    assert asking.communicate(timeout=60)[0].split()[-1] == "answer"
    end(server)
    tunnel.wait_up()


def test_a_resend_passes_when_the_first_waited_too_long_here(tunnel):
    server = serve_later(tunnel, 0)
    sctpd = tunnel.a["funnel-sctpd"]
    before = tunnel.a.counters("funnel-udpd@lost")["waiting_dropped"]
    sctpd.kill9()
    asking = client(tunnel)
    assert asking.communicate(timeout=60)[0].split()[-1] == "answer"
    assert tunnel.a.counters("funnel-udpd@lost")["waiting_dropped"] > before
    end(server)
