"""Backends by a name with several addresses, and backends that refuse or answer from elsewhere.

    branch (a)                              hoster (b), whose edges have an /etc/hosts of their own
    clients -> 127.0.0.1:7002 (udp) ======> two.test = ::1, 127.0.0.1: only the second one is served
               127.0.0.1:7003 (tcp) ======> one.test = fd77::99, which is silent, and 10.77.0.2
               127.0.0.1:7004 (udp) ======> 127.0.0.1:7104, where nobody is at first
"""
import pytest

import lab
from lab.backends.program import start_program

NAMED = lab.Service("named", "udp", ("127.0.0.1:7002",), "two.test:7102")
STREAM = lab.Service("stream", "tcp", ("127.0.0.1:7003",), "one.test:7103")
ALONE = lab.Service("alone", "udp", ("127.0.0.1:7004",), "127.0.0.1:7104")
HOSTS = "127.0.0.1 localhost two.test\n::1 two.test\nfd77::99 one.test\n10.77.0.2 one.test\n"

# Asks each question until it is answered, or once.
UDP_CLIENT = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.connect(("127.0.0.1", int(sys.argv[1])))
link.settimeout(float(sys.argv[3]))
for _ in range(int(sys.argv[2])):
    for question in sys.argv[4:]:
        link.send(question.encode())
    try:
        print(link.recv(1000).decode())
        break
    except OSError:
        pass
"""
TCP_CLIENT = "import socket; print(socket.create_connection(('127.0.0.1', 7003), 20).recv(100).decode())"


def ask(tunnel, port, *questions, times=20, wait=1):
    return tunnel.network.run("a", "/usr/bin/python3", "-c", UDP_CLIENT, port, times, wait, *questions).stdout.strip()


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([NAMED, STREAM, ALONE])
    hosts = made.workspace.path + "/hosts"
    with open(hosts, "w", encoding="utf-8") as out:
        out.write(HOSTS)
    # Nobody has that address, and the kernel does not find out.
    made.network.run("b", "ip", "-6", "neigh", "add", "fd77::99", "lladdr", "02:00:00:00:00:99", "dev", "lan")
    made.prepare()
    for edge in ("funnel-udpd@named", "funnel-tcpd@stream"):
        made.b[edge].prefix = ["unshare", "--mount", "--", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
    made.start()
    servers = [start_program(made.network, "b", "elsewhere", 7102),
               start_program(made.network, "b", "hello_stream", "10.77.0.2", 7103)]
    yield made.wait_up()
    for server in servers:
        server.kill()
        server.wait()


def test_udp_takes_the_address_that_answers(tunnel):
    """A question that the first address refused goes to the next one: none is lost."""
    assert ask(tunnel, 7002, "who", times=1, wait=20) == "answer to who"
    assert tunnel.b.counters("funnel-udpd@named")["connect_failed"] == 0


def test_tcp_does_not_wait_for_the_silent_address(tunnel):
    for _ in range(2):
        assert tunnel.network.run("a", "/usr/bin/python3", "-c", TCP_CLIENT).stdout.strip() == "hello"
    counters = tunnel.b.counters("funnel-tcpd@stream")
    assert counters["connect_timeouts"] == counters["connect_failed"] == 0, counters


def test_status_names_a_backend_that_refuses(tunnel):
    assert ask(tunnel, 7004, "who", times=1, wait=1) == ""
    tunnel.b.wait_logged("backend-failed", "Connection refused")
    assert "its backend 127.0.0.1:7104 has accepted nothing" in tunnel.b.funnelctl("status", check=False).stdout
    server = start_program(tunnel.network, "b", "elsewhere", 7104)
    assert ask(tunnel, 7004, "who") == "answer to who"
    assert "has accepted nothing" not in tunnel.b.funnelctl("status", check=False).stdout
    server.kill()
    server.wait()


def test_answers_from_elsewhere_are_counted(tunnel):
    before = tunnel.b.counters("funnel-udpd@named")["answers_from_elsewhere"]
    assert ask(tunnel, 7002, "from another port", "from another address", "who", wait=20) == "answer to who"
    assert tunnel.b.counters("funnel-udpd@named")["answers_from_elsewhere"] == before + 2
