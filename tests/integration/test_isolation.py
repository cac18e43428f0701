"""Who holds what: the daemon that faces the Internet handles ciphertext only, and everybody has a user of its own.

    branch (a)                                                        hoster (b)
    flows client -> funnel-udpd -> funnel-sctpd ====== funnel-sctpd -> funnel-udpd -> flows serve
                    plaintext      ciphertext   lan     ciphertext     plaintext
"""
import os
import re
import subprocess
import threading

import pytest

import lab
from conftest import SANITIZED
from lab import traffic

MARKER = b"Xyzzy-Plugh-7f3a91c4-Marker"
FORBIDDEN = ("libcrypto", "libssl", "libgssapi", "libkrb5", "libk5crypto")
EDGES = ("funnel-udpd", "funnel-tcpd")
ASK = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("127.0.0.1", 7002)); s.settimeout(5)
for n in range(300):
    s.send({MARKER!r} * 20 + str(n).encode())
    assert {MARKER!r} in s.recv(2000)
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.Service("echo", "udp", ("127.0.0.1:7002",), "127.0.0.1:7102"),
                        lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")]).prepare().start()
    with traffic.Server(made, "flows", "127.0.0.1:7102"), traffic.Server(made, "bulk", "127.0.0.1:7101"):
        made.wait_up()
        traffic.client(made, "bulk", "127.0.0.1:7001", "--up", 1000, "--down", 1000)
        yield made


def libraries(path):
    """All that the loader would map, also what libraries need in turn."""
    return subprocess.run(["ldd", path], check=True, stdout=subprocess.PIPE, text=True).stdout


def test_sctpd_is_not_linked_against_gssapi_or_libcrypto(build):
    path = os.path.join(build, "funnel-sctpd", "funnel-sctpd")
    assert "libsystemd" in libraries(path)
    for library in FORBIDDEN:
        assert library not in libraries(path)
    symbols = subprocess.run(["readelf", "--wide", "--syms", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert not re.search(r"\b(gss_\w+|krb5_\w+|EVP_\w+)", symbols)


@pytest.mark.parametrize("edge", EDGES)
def test_edges_are_not_linked_against_kerberos(build, edge):
    listed = libraries(os.path.join(build, edge, edge))
    assert not any(library in listed for library in ("libgssapi", "libkrb5", "libk5crypto"))


def test_running_sctpd_has_mapped_no_such_library(tunnel):
    for node in tunnel.nodes.values():
        with open(f"/proc/{node['funnel-sctpd'].pid}/maps", encoding="utf-8") as maps:
            mapped = maps.read()
        assert not any(library in mapped for library in FORBIDDEN)


def test_every_daemon_has_an_unprivileged_user_of_its_own(tunnel):
    seen = set()
    for node in tunnel.nodes.values():
        for daemon in node.daemons.values():
            with open(f"/proc/{daemon.pid}/status", encoding="utf-8") as file:
                status = dict(line.split(":", 1) for line in file)
            uids = set(status["Uid"].split())
            assert len(uids) == 1 and "0" not in uids, daemon.name
            # The group that authd.sock and sctpd.sock are for, and no other.
            assert status["Groups"].split() == [str(node.edge_group)] and int(status["CapEff"], 16) == 0, daemon.name
            seen |= uids
    assert len(seen) == sum(len(node.daemons) for node in tunnel.nodes.values())


def test_keytab_is_readable_to_authd_alone(tunnel):
    for node in tunnel.nodes.values():
        for daemon in node.daemons.values():
            done = subprocess.run(["setpriv", "--reuid", str(daemon.uid), "--regid", str(daemon.uid), "--clear-groups",
                                   "cat", node.keytab], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            assert (done.returncode == 0) == (daemon.name == "funnel-authd"), daemon.name


def memory_contains(pid, marker):
    """Searches all that a process has mapped for writing."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw") or "[v" in line:
                continue
            first, last = (int(part, 16) for part in span.split("-"))
            tail = b""
            while first < last:
                size = min(1 << 22, last - first)
                try:
                    memory.seek(first)
                    piece = memory.read(size)
                except OSError:
                    break
                if marker in tail + piece:
                    return True
                tail = piece[-len(marker):]
                first += size
    return False


@pytest.mark.skipif(SANITIZED, reason="the sanitizers' shadow memory is too large to search")
def test_no_plaintext_in_the_memory_of_sctpd_or_authd(tunnel):
    tunnel.network.run("a", "/usr/bin/python3", "-c", ASK)
    for node in tunnel.nodes.values():
        assert memory_contains(node.edge("echo").pid, MARKER), "the search finds it where it must be"
        assert not memory_contains(node["funnel-sctpd"].pid, MARKER)
        assert not memory_contains(node["funnel-authd"].pid, MARKER)


CAPTURE = f"""
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(("lan", 0)); s.settimeout(0.2)
print("capturing", flush=True)
packets = found = 0
end = time.monotonic() + 60
quiet = 0
while time.monotonic() < end and quiet < 5:
    try: data = s.recv(65536)
    except TimeoutError:
        quiet += packets > 300
        continue
    packets += 1
    found += {MARKER!r} in data
print(packets, found)
"""


def test_no_plaintext_on_the_link(tunnel):
    capture = tunnel.network.popen("a", "/usr/bin/python3", "-c", CAPTURE, stdout=subprocess.PIPE, text=True)
    killer = threading.Timer(90, capture.kill)
    killer.start()
    assert capture.stdout.readline() == "capturing\n"
    tunnel.network.run("a", "/usr/bin/python3", "-c", ASK)
    packets, found = capture.communicate()[0].split()
    killer.cancel()
    assert int(packets) > 300 and int(found) == 0
