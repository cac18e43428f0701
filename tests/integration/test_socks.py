"""protocol = socks: clients name what they want, and the far end connects to what its file allows.

    branch (a)                                              hoster (b)
    curl, Python -> 127.0.0.1:1080, [::1]:1080 ============ 127.0.0.1:8080, [::1]:8080: web servers
                                                            127.0.0.1:8100: is allowed, but nobody is there
                    10.77.0.1:8080: a web server  <-------- to the branch, from the hoster's side
                    127.0.0.1:1081 ======================== a service that is tcp at this end
"""
import hashlib
import os

import pytest

import lab
from lab.backends.program import start_program
from lab.netns import ADDRESSES

WEB = lab.Service("web", "socks", ("127.0.0.1:1080", "[::1]:1080"), None, listen_service={"request-wait": "2s", "access-log": "json"},
                  connect_service={"connect-timeout": "2s"},
                  connect_section={"networks": ["127.0.0.0/8", "::1", "10.77.0.0/24"], "ports": ["8080", "8100-8199"]})
MIXED = lab.Service("mixed", "socks", ("127.0.0.1:1081",), "127.0.0.1:8080", connect_service={"protocol": "tcp"})
PROXIES = ("127.0.0.1:1080", "[::1]:1080")
BIG = b"0123456789abcdef" * 200000
# Sends ARG, as hexadecimal, and prints what comes until the end, the same way.
RAW = """
import socket, sys
with socket.create_connection(("127.0.0.1", 1080), 10) as s:
    s.sendall(bytes.fromhex(sys.argv[1]))
    got = b""
    try:
        while more := s.recv(1000): got += more
        print(got.hex(), "end")
    except ConnectionResetError: print(got.hex(), "reset")
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([WEB, MIXED]).prepare().start()
    servers = [start_program(made.network, node, "web", address, 8080, name)
               for node, address, name in (("b", "127.0.0.1", "four"), ("b", "::1", "six"), ("a", ADDRESSES["a"], "branch"))]
    yield made.wait_up("web")
    for server in servers:
        server.kill()
        server.communicate()


def curl(tunnel, url, *options, proxy=PROXIES[0], names_there=True, check=True):
    way = "--socks5-hostname" if names_there else "--socks5"
    return tunnel.run("a", "curl", "-sS", "--max-time", "20", way, proxy, *options, url, check=check)


def refused(tunnel, url, **options):
    """The SOCKS reply with which curl was refused."""
    done = curl(tunnel, url, check=False, **options)
    assert done.returncode == 97, (done.returncode, done.stdout)
    return int(done.stdout.rpartition("(")[2].partition(")")[0])


def raw(tunnel, sent):
    return tunnel.run("a", "/usr/bin/python3", "-c", RAW, sent.hex()).stdout.strip()


def counted(tunnel, node, name):
    return tunnel.nodes[node].counters(WEB.unit)[name]


def principal(tunnel):
    """Who opens the channel."""
    return lab.service.principal("web", tunnel.a.node_name)


@pytest.mark.parametrize("proxy", PROXIES)
def test_addresses_are_connected_to(tunnel, proxy):
    assert curl(tunnel, "http://127.0.0.1:8080/", proxy=proxy, names_there=False).stdout == "four for 127.0.0.1 as 127.0.0.1:8080"
    assert curl(tunnel, "http://[::1]:8080/", proxy=proxy, names_there=False).stdout == "six for ::1 as [::1]:8080"
    tunnel.b.wait_logged("target-connected: 127.0.0.1:8080 is connected at 127.0.0.1:8080", principal(tunnel), daemon=WEB.unit)


def test_names_are_looked_up_at_the_far_end(tunnel):
    # The branch has nothing there itself.
    said = curl(tunnel, "http://localhost:8080/").stdout
    assert said in ("four for 127.0.0.1 as localhost:8080", "six for ::1 as localhost:8080")


def test_the_far_end_reaches_what_is_behind_it(tunnel):
    assert curl(tunnel, f"http://{ADDRESSES['a']}:8080/").stdout == f"branch for {ADDRESSES['b']} as {ADDRESSES['a']}:8080"


def test_much_passes(tunnel):
    path = os.path.join(tunnel.workspace.folder("sent"), "big")
    with open(path, "wb") as file:
        file.write(BIG)
    assert curl(tunnel, "http://127.0.0.1:8080/", "--data-binary", "@" + path).stdout == hashlib.sha256(BIG).hexdigest()


@pytest.mark.parametrize("target, why", [
    ("127.0.0.1:22", "ports: 22 is not among them"),
    ("192.0.2.1:8080", "networks: 192.0.2.1 is in none of them"),
    # It is within 10.77.0.0/24, but is this node.
    (f"[64:ff9b::{ADDRESSES['b']}]:8080", f"networks: {ADDRESSES['b']} is this node's own, and no network stands for that alone"),
])
def test_a_refusal_says_which_line_refused(tunnel, target, why):
    assert refused(tunnel, f"http://{target}/", names_there=False) == 2
    key, path = why.partition(":")[0], tunnel.b.service_path("web")
    with open(path, encoding="utf-8") as file:
        line = next(number for number, text in enumerate(file, 1) if text.startswith(key + " ="))
    shown = target.replace("::10.77.0.2", "::a4d:2")
    tunnel.b.wait_logged(f"target-not-allowed: {shown} is not allowed: {path}:{line}: {why}", principal(tunnel), daemon=WEB.unit)
    tunnel.a.wait_logged(f"target-not-connected: a client is not connected to {shown}: the far end does not allow that target",
                         daemon=WEB.unit)


@pytest.mark.parametrize("host", ["[2001:db8::1]", ADDRESSES["b"], f"[::ffff:{ADDRESSES['b']}]", "0.0.0.0", "[::]", "169.254.169.254",
                                  "224.0.0.1", "[ff02::1]"])
def test_what_is_not_allowed_is_refused(tunnel, host):
    before = counted(tunnel, "b", "targets_not_allowed")
    assert refused(tunnel, f"http://{host}:8080/", names_there=False) == 2
    assert counted(tunnel, "b", "targets_not_allowed") == before + 1


def test_who_refuses_and_what_is_not_there_are_told_apart(tunnel):
    assert refused(tunnel, "http://127.0.0.1:8100/") == 5
    assert refused(tunnel, "http://10.77.0.77:8080/") == 4
    assert refused(tunnel, "http://no-such-name.invalid:8080/") == 4
    tunnel.b.wait_logged("target-unreachable: 127.0.0.1:8100: 127.0.0.1: cannot connect: Connection refused", daemon=WEB.unit)


@pytest.mark.parametrize("sent, answer", [
    (b"\5\1\0\5\3\0\1\0\0\0\0\0\0", "050005070001000000000000 end"),  # UDP ASSOCIATE
    (b"\5\1\0\5\2\0\1\177\0\0\1\0\1", "050005070001000000000000 end"),  # BIND
    (b"\5\1\0\5\1\0\2\177\0\0\1\0\1", "050005080001000000000000 end"),
    (b"\5\1\2", "05ff end"),
    (b"\4\1\0\120\177\0\0\1\0", "reset"),
    (b"GET / HTTP/1.1\r\n\r\n", "reset"),
    (b"\5\1", "reset"),  # and nothing more
])
def test_what_is_no_request_for_a_connection_is_refused(tunnel, sent, answer):
    assert raw(tunnel, sent) == answer


def test_sessions_show_the_target(tunnel):
    hold = "import socket,sys\ns=socket.create_connection(('127.0.0.1',1080),10)\n" \
           "s.sendall(bytes.fromhex(sys.argv[1]))\nprint(s.recv(2)+s.recv(10),flush=True)\nsys.stdin.read()"
    request = b"\5\1\0\5\1\0\3\x09localhost" + (8080).to_bytes(2, "big")
    with tunnel.network.popen("a", "/usr/bin/python3", "-c", hold, request.hex(), stdin=-1, stdout=-1, text=True) as client:
        assert client.stdout.readline().startswith("b'\\x05\\x00\\x05\\x00")
        assert "localhost:8080" in tunnel.a.funnelctl("sessions", "web").stdout
        far = tunnel.b.funnelctl("sessions", "web").stdout
        assert "localhost:8080 (127.0.0.1:8080)" in far or "localhost:8080 ([::1]:8080)" in far, far
        client.stdin.close()
    tunnel.a.wait_logged('"backend":"localhost:8080"', daemon=WEB.unit)


def test_a_reload_allows_other_ports(tunnel):
    with tunnel.b.service_changed("web", "ports = 8080", "ports = 8081"):
        assert refused(tunnel, "http://127.0.0.1:8080/") == 2
    assert curl(tunnel, "http://127.0.0.1:8080/").stdout.startswith("four")


def test_a_far_end_that_is_no_socks_service_connects_to_nothing(tunnel):
    tunnel.a.wait_logged("service mixed carries connections to targets (SOCKS) at the initiator's end and connections (TCP) at the "
                         "acceptor's")
    assert refused(tunnel, "http://127.0.0.1:8080/", proxy="127.0.0.1:1081") == 1


def test_check_says_when_nothing_is_allowed(tunnel):
    path = tunnel.b.service_path("web")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lab.base.write_file(path, "".join(line for line in text.splitlines(True) if not line.startswith("ports")))
    try:
        said = tunnel.b.funnelctl("check").stdout
    finally:
        lab.base.write_file(path, text)
    assert "ports: there are none, and so clients are connected to nothing" in said, said


def test_a_target_that_keeps_silent_is_unreachable(tunnel):
    before = counted(tunnel, "a", "targets_not_connected")
    silent = "import socket\ns=socket.socket();s.bind(('127.0.0.1',8101));s.listen(0)\n" \
             "c=socket.create_connection(('127.0.0.1',8101));print('ready',flush=True);import sys;sys.stdin.read()"
    with tunnel.network.popen("b", "/usr/bin/python3", "-c", silent, stdin=-1, stdout=-1, text=True) as target:
        assert target.stdout.readline() == "ready\n"
        assert refused(tunnel, "http://127.0.0.1:8101/") == 4
        assert counted(tunnel, "a", "targets_not_connected") == before + 1
        target.stdin.close()
