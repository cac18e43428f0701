"""TFTP, whose server answers from a new port for each transfer, with the server and the client that people use.

    branch (a)                              hoster (b)
    curl, Python -> 127.0.0.1:6969 (any) ==> 127.0.0.1:69 dnsmasq, and its port of each transfer
                    127.0.0.1:6970 (same) => the same
"""
import hashlib
import json
import os
import re

import pytest

import lab
from lab.base import Child, write_file

# Asks for a file that is not there: error 1, from a port of its own.
CHECK = {"check": "hex:0001" + b"none\0octet\0".hex(), "check-expect": "hex:0005", "check-every": "300ms",
         "check-timeout": "300ms", "down-after": "0"}
ANY = lab.Service("tftp", "udp", ("127.0.0.1:6969",), "127.0.0.1:69", connect_section={"backend-port": "any", **CHECK})
SAME = lab.Service("plain", "udp", ("127.0.0.1:6970",), "127.0.0.1:69")
BIG, SMALL = 300_000, 700

# Gets files one after the other, all from one port, as boot ROMs do; what gets no answer it sends again. Prints each file's size.
FROM_ONE_PORT = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); link.settimeout(1); link.bind(("127.0.0.1", 2070))
server = ("127.0.0.1", int(sys.argv[1]))
def say(what):
    for _ in range(20):
        link.sendto(what, server)
        try: return link.recvfrom(600)
        except TimeoutError: pass
    sys.exit("no answer")
for name in sys.argv[2:]:
    size, block, said = 0, 1, b"\\0\\1" + name.encode() + b"\\0octet\\0"
    while True:
        data, source = say(said)
        assert source == server, source
        if data[:4] == b"\\0\\3" + block.to_bytes(2, "big"):
            said = b"\\0\\4" + data[2:4]
            size += len(data) - 4
            block += 1
            if len(data) < 516: break
    link.sendto(said, server)
    print(size)
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([ANY, SAME]).prepare()
    folder = made.workspace.folder("tftp")
    for name, size in (("big", BIG), ("small", SMALL)):
        write_file(os.path.join(folder, name), "".join(chr(32 + number * number % 91) for number in range(size)))
    server = Child("dnsmasq", made.network.inside(
        "b", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file=", "--log-facility=-",
        "--listen-address=127.0.0.1", "--bind-interfaces", "--enable-tftp", f"--tftp-root={folder}"), folder + "/../dnsmasq.out")
    yield made.start().wait_up()
    server.stop()


def curl(tunnel, port, name, *options, check=True):
    """The SHA-256 of what comes."""
    out = os.path.join(tunnel.workspace.path, "out")
    tunnel.run("a", "curl", "--silent", "--show-error", "--max-time", "20", *options, "-o", out, f"tftp://127.0.0.1:{port}/{name}",
               check=check)
    if not check and not os.path.exists(out):
        return None
    with open(out, "rb") as file:
        got = hashlib.sha256(file.read()).hexdigest()
    os.unlink(out)
    return got


def sent(tunnel, name):
    with open(os.path.join(tunnel.workspace.path, "tftp", name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@pytest.mark.parametrize("options", [(), ("--tftp-blksize", "1400"), ("--tftp-no-options",)])
def test_files_come_whole(tunnel, options):
    for name in ("big", "small"):
        assert curl(tunnel, 6969, name, *options) == sent(tunnel, name)


def test_the_session_names_the_port_that_it_follows(tunnel):
    curl(tunnel, 6969, "small")
    shown = json.loads(tunnel.b.funnelctl("sessions", "tftp", "--json").stdout)[0]["sessions"]
    ports = {one["backend"] for one in shown}
    assert any(port.startswith("127.0.0.1:") and port != "127.0.0.1:69" for port in ports), shown
    counters = tunnel.b.counters(ANY.unit)
    assert counters["answers_from_other_ports"] > 1 and counters["answers_from_elsewhere"] == 0, counters


def test_one_port_of_a_client_does_for_one_transfer_after_the_other(tunnel):
    before = tunnel.b.counters(ANY.unit)["other_ports_refused"]
    sizes = tunnel.run("a", "/usr/bin/python3", "-c", FROM_ONE_PORT, "6969", "small", "big", "small").stdout.split()
    assert sizes == [str(SMALL), str(BIG), str(SMALL)]
    counters = tunnel.b.counters(ANY.unit)
    assert counters["other_ports_refused"] == before + 2, counters
    assert counters["connect_failed"] == 0, counters
    tunnel.b.wait_logged("port-refused", "127.0.0.1:69 is asked again", daemon=ANY.unit)


def test_checks_take_the_answer_from_another_port_too(tunnel):
    def checked():
        return [one["check"] for one in json.loads(tunnel.b.funnelctl("backends", "tftp", "--json").stdout)[0]["backends"]]
    lab.wait_until(lambda: checked() == ["passed"], "the server passes its check", 20)


def test_without_the_key_the_log_names_it_and_a_reload_is_enough(tunnel):
    assert curl(tunnel, 6970, "small", "--max-time", "3", check=False) is None
    tunnel.b.wait_logged("answer-from-other-port", "answers what 127.0.0.1:69 was asked: dropped, as backend-port = same says",
                         daemon=SAME.unit)
    counters = tunnel.b.counters(SAME.unit)
    assert counters["answers_from_elsewhere"] >= 1 and counters["answers_from_other_ports"] == 0, counters

    path = tunnel.b.service_path("plain")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    write_file(path, text.replace("[connect]\n", "[connect]\nbackend-port = any\n"))
    tunnel.b[SAME.unit].reload()
    assert curl(tunnel, 6970, "big") == sent(tunnel, "big")
    assert re.search(r"^ *\[connect\] +backend-port +any +", tunnel.b.funnelctl("show", "plain").stdout, re.MULTILINE)
