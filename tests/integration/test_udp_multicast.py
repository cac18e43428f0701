"""Questions to all of a link: by multicast and by broadcast. Answers come from the unicast address of the node.

    branch (a)                                          hoster (b)
    c 10.88.0.2 ---- to-c 10.88.0.1 a 0.0.0.0:7002 ===> 127.0.0.1:7102, which sends back what it gets
      fe80::...            fe80::...  [::]:7002
"""
import pytest

import lab
from lab.backends.program import start_program
from lab.base import write_file

GROUPS = ("239.255.255.250%to-c", "ff02::1234%to-c")
ALL = lab.Service("all", "udp", ("0.0.0.0:7002", "[::]:7002"), "127.0.0.1:7102")

# Asks a group or a broadcast address by an interface; prints the answer, and who gave it.
ASK = """
import socket, sys
where, wait = sys.argv[1], float(sys.argv[2])
v6 = ":" in where
link = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM); link.settimeout(wait)
index = socket.if_nametoindex("lan")
if v6: link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
else:
    link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.88.0.2"))
link.sendto(b"who is there", (where, 7002))
try:
    answer, source = link.recvfrom(100)
    print(answer.decode(), "by", source[0].partition("%")[0])
except OSError: pass
"""
# A question of a client that has no address yet.
WITHOUT_ADDRESS = """
import socket, struct
udp = struct.pack("!HHHH", 68, 7002, 12, 0) + b"boot"
def header(checksum): return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, checksum, bytes(4), b"\\xff" * 4)
total = sum(struct.unpack("!10H", header(0)))
packet = header(0xffff - (total % 0xffff)) + udp
with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as link: link.sendto(packet, ("lan", 0x0800, 0, 0, b"\\xff" * 6))
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([ALL]).prepare()
    made.start().wait_up()
    server = start_program(made.network, "b", "echo_datagrams", 7102)
    # The interface comes later than the service.
    set_groups(made, GROUPS)
    made.a.wait_logged("group-not-joined", "to-c: No such device", daemon=ALL.unit)
    made.network.add_host("c", "a", "10.88.0.2", "10.88.0.1")
    lab.wait_until(lambda: link_local(made) and member(made) == 2, "the groups are joined", 30, 0.2,
                   lambda: made.network.ip("a", "maddress", "show", "dev", "to-c").stdout)
    yield made
    server.kill()
    server.communicate()


def set_groups(tunnel, groups):
    path = tunnel.a.service_path("all")
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("multicast")]
    at = lines.index("[listen]") + 1
    write_file(path, "\n".join(lines[:at] + [f"multicast = {group}" for group in groups] + lines[at:]) + "\n")
    tunnel.a[ALL.unit].reload()


def member(tunnel):
    """How many of the groups node a listens to on the link to c."""
    said = tunnel.network.ip("a", "maddress", "show", "dev", "to-c").stdout
    return sum(group.partition("%")[0] in said for group in GROUPS)


def link_local(tunnel):
    """Node a's address there, once it may be used."""
    said = tunnel.network.ip("a", "-6", "-o", "address", "show", "dev", "to-c", "scope", "link").stdout
    return said.split()[3].partition("/")[0] if said and "tentative" not in said else None


def ask(tunnel, where, wait=20):
    return tunnel.run("c", "/usr/bin/python3", "-c", ASK, where, wait).stdout.strip()


def test_a_group_is_answered_from_the_unicast_address(tunnel):
    assert ask(tunnel, "239.255.255.250") == "who is there by 10.88.0.1"
    assert ask(tunnel, "ff02::1234") == f"who is there by {link_local(tunnel)}"


def test_a_broadcast_is_answered_from_the_unicast_address(tunnel):
    assert ask(tunnel, "10.88.0.255") == "who is there by 10.88.0.1"


def test_unicast_goes_on_working(tunnel):
    assert ask(tunnel, "10.88.0.1") == "who is there by 10.88.0.1"


def test_a_client_without_address_is_counted_and_not_answered(tunnel):
    before = tunnel.a.counters(ALL.unit)
    tunnel.run("c", "/usr/bin/python3", "-c", WITHOUT_ADDRESS)
    lab.wait_until(lambda: tunnel.a.counters(ALL.unit)["clients_without_address"] == before["clients_without_address"] + 1,
                   "it is counted", 20)
    assert tunnel.a.counters(ALL.unit)["flows_total"] == before["flows_total"]


def test_a_reload_leaves_a_group(tunnel):
    set_groups(tunnel, GROUPS[1:])
    lab.wait_until(lambda: member(tunnel) == 1, "one group is left", 20)
    assert ask(tunnel, "239.255.255.250", wait=1) == ""
    assert ask(tunnel, "ff02::1234") != ""
    set_groups(tunnel, GROUPS)
    lab.wait_until(lambda: member(tunnel) == 2, "both are joined again", 20)
    assert ask(tunnel, "239.255.255.250") == "who is there by 10.88.0.1"


def test_a_group_that_no_address_receives_is_a_mistake(tunnel):
    set_groups(tunnel, GROUPS)
    path = tunnel.a.service_path("all")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        write_file(path, text.replace("address = [::]:7002\n", ""))
        said, _ = tunnel.a.refused("check")
        assert "multicast: no address of the service gets what is sent to ff02::1234%to-c; [::]:PORT does" in said
    finally:
        write_file(path, text)
