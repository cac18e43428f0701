"""Strangers, outside and inside: random packets at the UDP port, OPEN after OPEN, and local processes that ask for what is
not theirs. They get nothing, start nothing, and end nothing.

    stranger -> 10.77.0.2:9899 funnel-sctpd          (b)
    another uid -> authd.sock, sctpd.sock            (a)
"""
import subprocess

import pytest

import lab

RANDOM_PACKETS = """
import os, random, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("10.77.0.2", 9899))
for n in range(20000):
    size = random.choice((0, 1, 8, 11, 12, 13, 16, 20, 100, 1400, 1472))
    data = bytearray(os.urandom(size))
    if n % 2 and size >= 12:            # looks like SCTP at least: ports, a chunk
        data[0:4] = (29899).to_bytes(2, "big") * 2
        if size >= 16: data[12:16] = bytes([n % 16, 3]) + (size - 12).to_bytes(2, "big")
    try: s.send(data)
    except OSError: pass
"""
# argv: socket path; then hex packets, each answered on a line (or "closed")
TALK = """
import socket, sys
for packet in sys.argv[2:]:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5)
    try:
        s.connect(sys.argv[1]); s.send(bytes.fromhex(packet)); got = s.recv(200000)
        print(got.hex() if got else "closed")
    except TimeoutError: print("silence")
    except OSError as error: print("closed", error)
"""
NOISE = """
import os, random, socket, sys
for n in range(3000):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5)
    try:
        s.connect(sys.argv[1])
        head = bytes([1, random.choice((1,2,3,4,5,6,7,16,17,18,32,33,34,35,36,48,64,65,67,80,81,random.randrange(256)))])
        s.send(head + os.urandom(random.choice((0, 1, 4, 13, 40, 300))))
    except OSError: pass
    s.close()
print("done")
"""
INITIATE, CONTEXT, OPENING, FAILED, STATUS_REPLY = 1, 17, 16, 18, 81


def text(value):
    return len(value).to_bytes(2, "big") + value.encode()


def initiate(service):
    return (bytes([1, INITIATE]) + (7).to_bytes(4, "big") + text(service) + bytes(8) + bytes(2)).hex()


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = [lab.dns_service(), lab.ldap_service()]
    return make_tunnel(services, with_nsd=True).prepare().start().wait_up()


def works(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", check=False) == '"this is host 5"\n'


NOBODY = 65534


def as_user(node, uid, script, *arguments):
    """All but nobody are in the daemons' group."""
    groups = ["--clear-groups"] if uid == NOBODY else ["--groups", str(node.edge_group)]
    done = subprocess.run(["setpriv", "--reuid", str(uid), "--regid", str(uid), *groups, "/usr/bin/python3", "-c",
                           script, *arguments], stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


def kind(answer):
    return int(answer[2:4], 16) if answer and not answer.startswith(("closed", "silence")) else None


def test_random_packets_end_nothing(tunnel):
    for _ in range(3):
        tunnel.network.run("a", "/usr/bin/python3", "-c", RANDOM_PACKETS)
        assert works(tunnel)
    assert tunnel.b["funnel-sctpd"].starts == 1
    listed = tunnel.b.status()["sctpd"]["associations"]
    assert len([one for one in listed if one["state"] == "up"]) == 1


def test_edge_gets_a_handshake_for_its_own_service(tunnel):
    """The positive control of what follows."""
    path = f"{tunnel.a.run}/authd.sock"
    answer = as_user(tunnel.a, tunnel.a.uid("funnel-udpd@dns"), TALK, path, initiate("dns"))
    assert kind(answer[0]) == OPENING, answer


@pytest.mark.parametrize("asker, service", [("funnel-tcpd@ldap", "dns"), ("funnel-udpd@dns", "ldap"),
                                            ("funnel-sctpd", "dns"), ("nobody", "dns"), ("funnel-udpd@dns", "nothing")])
def test_who_asks_for_anothers_key_is_refused(tunnel, asker, service):
    uid = NOBODY if asker == "nobody" else tunnel.a.uid(asker)
    answer = as_user(tunnel.a, uid, TALK, f"{tunnel.a.run}/authd.sock", initiate(service))
    assert kind(answer[0]) in (None, FAILED), answer
    if kind(answer[0]) is None:
        assert answer[0].startswith("closed"), answer


@pytest.mark.parametrize("asker", ["nobody", "funnel-udpd@dns", "funnel-sctpd"])
@pytest.mark.parametrize("file", ["authd.sock", "sctpd.sock"])
def test_noise_on_control_sockets_ends_nothing(tunnel, asker, file):
    uid = NOBODY if asker == "nobody" else tunnel.a.uid(asker)
    assert as_user(tunnel.a, uid, NOISE, f"{tunnel.a.run}/{file}") == ["done"]
    lab.wait_until(lambda: works(tunnel), "DNS works", 15, detail=tunnel.describe)
    assert tunnel.a["funnel-authd"].starts == tunnel.a["funnel-sctpd"].starts == 1


def test_status_is_for_those_who_may_read_it(tunnel):
    command = [tunnel.a.path("funnelctl"), *tunnel.a.common_options, "status", "--json"]
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
    assert "local_principal" not in done.stdout
    assert "local_principal" in tunnel.a.funnelctl("status", "--json").stdout


def test_service_socket_is_closed_to_strangers(tunnel):
    """Only sctpd may hand channels to the connecting end's edge."""
    answer = as_user(tunnel.b, 65534, TALK, f"{tunnel.b.run}/service/dns.sock", "0143")
    assert answer[0].startswith("closed") and "Permission denied" in answer[0]
