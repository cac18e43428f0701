"""Services with a protocol module: what overtakes under loss, and that results are those asked directly.

    branch (a)                                                           hoster (b)
    dns_tcp.py, dig -> 127.0.0.1:5354 ===X=== lan ===X=== 127.0.0.1:5300 nsd     module = dns at both ends
                       127.0.0.1:5355 ===X=== lan ===X=== 127.0.0.1:5300 nsd     no module
                       127.0.0.1:5356 ===X=== lan ===X=== 127.0.0.1:5300 nsd     module = dns at b only; a lacks nowhere.so
    ldap_async.py   -> 127.0.0.1:3392 ===X=== lan ===X=== 127.0.0.1:3890 slapd   module = ldap at both ends
                           iptables drops 5 % at each end
"""
import json
import os
import select
import subprocess

import pytest

import lab
from lab import nsd, slapd

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools")
PROGRAM, LDAP, SAY = (os.path.join(TOOLS, name) for name in ("dns_tcp.py", "ldap_async.py", "say.py"))
LOSS = 0.05
RATE = 400
DIRECT = f"127.0.0.1:{nsd.PORT}"
WITH, WITHOUT, HALF = 5354, 5355, 5356
# The root's SOA, with the id 17.
QUERY = bytes.fromhex("0011001100000001000000000000" "0000060001")


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    module = {"module": "dns"}
    ldap = {"module": "ldap", "module-option": "entries=free", "module-required": "yes"}
    services = [
        lab.Service("dns-with", "tcp", (f"127.0.0.1:{WITH}",), DIRECT, listen_service=module, connect_service=module),
        lab.Service("dns-without", "tcp", (f"127.0.0.1:{WITHOUT}",), DIRECT),
        lab.Service("dns-half", "tcp", (f"127.0.0.1:{HALF}",), DIRECT, listen_service={"module": "nowhere"}, connect_service=module),
        lab.Service("ldap-with", "tcp", ("127.0.0.1:3392",), f"127.0.0.1:{slapd.PORT}", listen_service=ldap, connect_service=ldap),
    ]
    return make_tunnel(services, with_nsd=True, with_slapd=True).prepare().start().wait_up()


@pytest.fixture(scope="module")
def direct(tunnel):
    return ask(tunnel, "b", nsd.PORT)


@pytest.fixture(scope="module")
def lossy(tunnel, direct):
    tunnel.network.drop(LOSS)
    yield tunnel
    tunnel.network.pass_all()


def ask(tunnel, node, port):
    done = tunnel.network.run(node, PROGRAM, "127.0.0.1", port, nsd.ZONE, nsd.NAMES, RATE, timeout=120)
    return json.loads(done.stdout)


def counter(tunnel, node, service, name):
    return getattr(tunnel, node).counters(f"funnel-tcpd@{service}")[name]


def test_answers_overtake_and_are_those_asked_directly(lossy, direct):
    found = ask(lossy, "a", WITH)
    assert found["answers"] == direct["answers"] and len(found["answers"]) == 2 * nsd.NAMES
    assert found["transfer"] == direct["transfer"] and len(found["transfer"]) > 1
    print(f"{found['overtaken']} answers overtook; "
          f"{counter(lossy, 'a', 'dns-with', 'messages_overtook')} messages at a, {counter(lossy, 'b', 'dns-with', 'messages_overtook')} at b")
    assert direct["overtaken"] == 0 and found["overtaken"] > 0
    assert counter(lossy, "a", "dns-with", "messages_overtook") > 0
    assert counter(lossy, "b", "dns-with", "messages_overtook") > 0
    # Answers that are there together go as one message of at most 1,024 bytes; each takes more than 32.
    assert counter(lossy, "b", "dns-with", "messages_free") >= 2 * nsd.NAMES // (1024 // 32)
    assert counter(lossy, "a", "dns-with", "module_fallbacks") == counter(lossy, "b", "dns-with", "module_fallbacks") == 0


def test_nothing_overtakes_without_a_module(lossy, direct):
    found = ask(lossy, "a", WITHOUT)
    assert found == direct
    assert counter(lossy, "a", "dns-without", "messages_overtook") == 0


def test_one_end_with_the_module_is_enough_for_its_direction(lossy, direct):
    found = ask(lossy, "a", HALF)
    assert found["answers"] == direct["answers"] and found["transfer"] == direct["transfer"]
    assert found["overtaken"] > 0
    assert counter(lossy, "a", "dns-half", "messages_overtook") > 0
    assert counter(lossy, "b", "dns-half", "messages_overtook") == 0
    lossy.a.daemons["funnel-tcpd@dns-half"].wait_logged("module-not-loaded")


def ask_ldap(tunnel, node, port):
    done = tunnel.network.run(node, LDAP, f"ldap://127.0.0.1:{port}", slapd.BASE, slapd.PEOPLE, RATE, timeout=120)
    return json.loads(done.stdout)


def test_ldap_operations_overtake_and_results_are_those_asked_directly(lossy):
    direct = ask_ldap(lossy, "b", slapd.PORT)
    assert len(direct["found"]) == slapd.PEOPLE and len(direct["all"]) == slapd.PEOPLE + 2
    assert ask_ldap(lossy, "a", 3392) == direct
    print(f"{counter(lossy, 'a', 'ldap-with', 'messages_overtook')} messages overtook at a, "
          f"{counter(lossy, 'b', 'ldap-with', 'messages_overtook')} at b")
    assert counter(lossy, "a", "ldap-with", "messages_overtook") > 0
    assert counter(lossy, "b", "ldap-with", "messages_overtook") > 0
    assert counter(lossy, "a", "ldap-with", "module_fallbacks") == counter(lossy, "b", "ldap-with", "module_fallbacks") == 0


def transfer(tunnel, node, port):
    shown = tunnel.network.run(node, "dig", "@127.0.0.1", "-p", port, "+tries=1", "+time=20", "+onesoa", nsd.ZONE, "AXFR").stdout
    return [line for line in shown.splitlines() if line and not line.startswith(";")]


def test_a_transfer_through_dig(lossy):
    direct = transfer(lossy, "b", nsd.PORT)
    assert len(direct) > 3 * nsd.NAMES
    assert transfer(lossy, "a", WITH) == transfer(lossy, "a", WITHOUT) == direct


def say(tunnel, port, text):
    return tunnel.network.popen("a", SAY, "127.0.0.1", str(port), text.hex(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_sessions_show_what_the_module_makes_of_them(tunnel):
    with say(tunnel, WITH, QUERY) as client:
        assert client.stdout.readline()[4:10] == "001180"
        answer = json.loads(tunnel.a.funnelctl("sessions", "dns-with", "--json").stdout)
        assert [session["module"] for session in answer[0]["sessions"]] == ["dns"]
        client.stdin.close()


def test_status_and_trace_name_modules_and_messages(tunnel):
    (edge,) = json.loads(tunnel.a.funnelctl("sessions", "dns-with", "--json").stdout)
    assert edge["module"] == "dns"
    with tunnel.network.popen("a", tunnel.a.path("funnelctl"), *tunnel.a.common_options, "trace", "dns-with", "--json",
                              stdout=subprocess.PIPE, text=True) as trace:
        labels = []
        # Asked again: the trace may begin behind the first.
        while not labels:
            with say(tunnel, WITH, QUERY) as client:
                assert client.stdout.readline()[4:10] == "001180"
                client.stdin.close()
            while not labels and select.select([trace.stdout], [], [], 0.1)[0]:
                event = json.loads(trace.stdout.readline())
                labels += [event["label"]] if event["kind"] == "label" else []
        trace.terminate()
    assert labels == ["query 17"]


def test_what_is_not_dns_goes_on_as_bytes(tunnel):
    before = counter(tunnel, "a", "dns-with", "module_fallbacks")
    with say(tunnel, WITH, QUERY + b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n") as client:
        assert client.stdout.readline()[4:10] == "001180"
        answer = json.loads(tunnel.a.funnelctl("sessions", "dns-with", "--json").stdout)
        assert [session["module"] for session in answer[0]["sessions"]] == ["dns: bytes"]
        client.stdin.close()
    assert counter(tunnel, "a", "dns-with", "module_fallbacks") == before + 1
    with say(tunnel, WITH, b"GET / HTTP/1.1\r\n\r\n" + bytes(20000)) as client:
        client.stdout.readline()
        client.stdin.close()
    assert counter(tunnel, "a", "dns-with", "module_fallbacks") == before + 2
    assert tunnel.a.daemons["funnel-tcpd@dns-with"].log.count("module-mismatch") == 1
