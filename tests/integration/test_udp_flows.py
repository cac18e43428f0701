"""Many UDP flows: each client has a flow of its own, and the backend sees one stable port for it.

    branch (a)                                        hoster (b)
    flows client, N sockets -> 127.0.0.1:7002 ==== 127.0.0.1:7102 flows serve
"""

import pytest

import lab
from conftest import SANITIZED
from lab import traffic

ECHO = lab.Service("echo", "udp", ("127.0.0.1:7002", "[::1]:7002"), "127.0.0.1:7102",
                   listen_service={"max-flows": 12000}, connect_service={"max-flows": 12000})
FEW = lab.Service("few", "udp", ("127.0.0.1:7003",), "127.0.0.1:7102", listen_service={"max-flows": 20})
SHORT = lab.Service("short", "udp", ("127.0.0.1:7004",), "127.0.0.1:7102", listen_service={"idle-timeout": "1s"},
                    connect_service={"idle-timeout": "1s"})
# As a resolver asks: each question from a port of its own.
PORTS = lab.Service("ports", "udp", ("127.0.0.1:7005",), "127.0.0.1:7102", listen_service={"max-flows": 200},
                    connect_service={"max-flows": 200})
ASK_FROM_NEW_PORTS = """
import socket
answered = 0
for number in range(1000):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.connect(("127.0.0.1", 7005))
        link.send(b"%08d" % number)
        try:
            answered += len(link.recv(100)) > 0
        except OSError:
            pass
print(answered)
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([ECHO, FEW, SHORT, PORTS]).prepare().start()
    with traffic.Server(made, "flows", "127.0.0.1:7102"):
        yield made.wait_up()


def test_ten_thousand_flows_at_once(tunnel):
    flows = 2000 if SANITIZED else 10000
    said = traffic.client(tunnel, "flows", "127.0.0.1:7002", "--flows", flows, "--rounds", 3, "--timeout", 90)
    assert said["answered"] == said["asked"] == flows * 3, said
    assert said["wrong"] == 0 and said["moved"] == 0, said


def test_flows_over_ipv6(tunnel):
    said = traffic.client(tunnel, "flows", "[::1]:7002", "--flows", 50)
    assert said["answered"] == said["asked"] and said["wrong"] == said["moved"] == 0, said


@pytest.mark.parametrize("size", [8, 1400, 1473, 9000, 65505])
def test_datagrams_of_all_sizes_arrive_whole(tunnel, size):
    said = traffic.client(tunnel, "flows", "127.0.0.1:7002", "--flows", 5, "--size", size, "--window", 2)
    assert said["answered"] == said["asked"] and said["wrong"] == 0, said


def test_limit_on_flows_holds_and_shows(tunnel):
    """Those beyond take the places of the least useful, which is counted, and nothing breaks."""
    said = traffic.client(tunnel, "flows", "127.0.0.1:7003", "--flows", 40, "--rounds", 1, "--timeout", 3)
    assert 20 <= said["answered"] and said["wrong"] == 0, said
    counters = tunnel.a.counters("funnel-udpd@few")
    assert counters["flows"] == 20 and counters["flows_over_limit"] == 20, counters
    # Nobody is locked out.
    said = traffic.client(tunnel, "flows", "127.0.0.1:7003", "--flows", 10, "--rounds", 2, "--timeout", 10)
    assert said["answered"] == said["asked"], said


def test_questions_from_ever_new_ports_are_all_answered(tunnel):
    """Flows that were answered hold no place that another needs."""
    assert tunnel.network.run("a", "/usr/bin/python3", "-c", ASK_FROM_NEW_PORTS).stdout.strip() == "1000"


def test_idle_flow_ends_and_begins_again(tunnel):
    """After the idle timeout the backend sees another port, and the client is served all the same."""
    ask = ("import socket, time\n"
           "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('127.0.0.1', 7004)); s.settimeout(10)\n"
           "def port(): s.send(b'12345678'); return s.recv(100)[:2]\n"
           "first = port(); end = time.monotonic() + 20\n"
           "assert port() == first\n"
           "while time.monotonic() < end:\n"
           "    time.sleep(3)\n"
           "    if port() != first: print('anew'); break\n")
    assert "anew" in tunnel.network.run("a", "/usr/bin/python3", "-c", ask).stdout
