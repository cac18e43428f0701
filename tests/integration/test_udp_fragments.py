"""Answers that are larger than the path to the client takes: cut here, cut anywhere, or dropped.

    branch (a)                                                       hoster (b)
    c ---- MTU 1000 ---- r ---- 1500 ---- a 0.0.0.0:7002 (here) ===> 127.0.0.1:7102, which answers
    10.89.0.2                     10.88.0.1     :7003 (anywhere)     with as many bytes as one asks for
                                                :7004 (never)
"""
import pytest

import lab
from lab.backends.program import start_program

HERE, ANYWHERE, NEVER = (
    lab.Service(how, "udp", (f"0.0.0.0:{port}",), "127.0.0.1:7102", listen_service={"fragment": how} if how != "here" else {})
    for port, how in ((7002, "here"), (7003, "anywhere"), (7004, "never")))
ASK = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); link.settimeout(float(sys.argv[4]))
for _ in range(int(sys.argv[3])):
    link.sendto(sys.argv[2].encode(), ("10.88.0.1", int(sys.argv[1])))
    try:
        print(len(link.recv(70000)))
        break
    except OSError: pass
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([HERE, ANYWHERE, NEVER]).prepare()
    network = made.network
    network.add_host("r", "a", "10.88.0.2", "10.88.0.1")
    network.add_host("c", "r", "10.89.0.2", "10.89.0.1")
    network.ip("a", "route", "add", "10.89.0.0/24", "via", "10.88.0.2")
    network.ip("r", "link", "set", "to-c", "mtu", "1000")
    network.ip("c", "link", "set", "lan", "mtu", "1000")
    made.start().wait_up()
    server = start_program(network, "b", "sized_answers", 7102)
    yield made
    server.kill()
    server.communicate()


def ask(tunnel, port, size, times=1, wait=20):
    """How many bytes come; "" for none."""
    return tunnel.run("c", "/usr/bin/python3", "-c", ASK, port, size, times, wait).stdout.strip()


def test_by_default_what_the_path_does_not_take_arrives_once_it_is_known(tunnel):
    assert ask(tunnel, 7002, 900) == "900"
    # The first one is lost, and teaches this node (ICMP).
    assert ask(tunnel, 7002, 1200, times=10, wait=2) == "1200"
    assert ask(tunnel, 7002, 9000) == "9000"
    assert tunnel.a.counters(HERE.unit)["datagrams_too_large"] == 0


def test_anywhere_the_first_arrives(tunnel):
    assert ask(tunnel, 7003, 1200) == "1200"
    assert ask(tunnel, 7003, 9000) == "9000"


def test_never_drops_counts_and_says_so_and_a_reload_ends_it(tunnel):
    assert ask(tunnel, 7004, 900) == "900"
    assert ask(tunnel, 7004, 1200, times=3, wait=1) == ""
    assert tunnel.a.counters(NEVER.unit)["datagrams_too_large"] >= 1
    tunnel.a.wait_logged("datagram-too-large", "1200 bytes for 10.89.0.2:", "fragment = never", daemon=NEVER.unit)
    assert ask(tunnel, 7004, 900) == "900"

    path = tunnel.a.service_path("never")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lab.base.write_file(path, text.replace("fragment = never", "fragment = here"))
    tunnel.a[NEVER.unit].reload()
    assert ask(tunnel, 7004, 1200, times=10, wait=2) == "1200"
