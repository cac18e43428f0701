"""Services with a module over a wide area network that loses, delays, reorders and duplicates packets: real clients and
servers get what they get directly. Every service has module-strict: a message that a module does not know resets the
connection, also behind StartTLS and in a SASL layer.

    branch (a)                RTT 50 ms; 3 % lost, 3 % late, 1 % twice, each way             hoster (b)
    dns_tcp.py         -> 127.0.0.1:5354 ==========================================> nsd
    ldap_async.py      -> 127.0.0.1:3391 ==========================================> slapd, StartTLS, DIGEST-MD5
    radclient -P tcp   -> 127.0.0.1:1822 ==========================================> freeradius
    eapol_test -> freeradius, a proxy -> 127.0.0.1:1822 ===========================> freeradius, EAP
    kinit, kpasswd     -> 127.0.0.1:8890, :8891 ====================================> krb5kdc, kadmind
    sipp               -> 127.0.0.1:5061 ==========================================> sipp
    imap_many.py       -> 127.0.0.1:1143 ==========================================> dovecot, STARTTLS, COMPRESS, IDLE
    xmpp_many.py       -> 127.0.0.1:5223 ==========================================> prosody, STARTTLS
    prosody of branch  -> 127.0.0.2:5269 ==========================================> prosody of hoster :5269, STARTTLS
              :5269 <========================================== 127.0.0.2:5269 <- the same, to branch
"""
import json
import os
import re
import subprocess

import pytest

import lab
from conftest import TOP
from lab import kadmind, nsd, slapd
from lab.backends.imap import PASSWORD, PORT as IMAP_PORT, USER_NAME, Imap, letters
from lab.backends.radius import Proxy, Radius
from lab.backends.sip import Sip
from lab.backends.xmpp import DOMAIN, FRIENDS, PASSWORD as XMPP_PASSWORD, PORT as XMPP_PORT, SERVER_PORT, Federated, Xmpp
from lab.wan import Wan

TOOLS = os.path.join(TOP, "tests", "tools")
DNS_TCP, LDAP_ASYNC, IMAP_MANY, XMPP_MANY, XMPP_SERVERS = (os.path.join(TOOLS, name) for name in (
    "dns_tcp.py", "ldap_async.py", "imap_many.py", "xmpp_many.py", "xmpp_servers.py"))
SECURE_PORT = 3891
KDC_PORT, PASSWORD_PORT = 8890, 8891
RATE = 200
# So many, and so few at a time, that some are surely lost or late while others are on their way.
REQUESTS = 2000
DEVICES = 16
CALLS = 100
MESSAGES = 200
CHATS = 50


# The two domains, each with the node of its server.
DOMAINS = {"a": "branch.example", "b": "hoster.example"}
OTHERS_ADDRESS = "127.0.0.2"


def service(name, module, listen, connect, *options, address="127.0.0.1", at="a"):
    keys = {"module": module, "module-option": options or None, "module-required": "yes", "module-strict": "yes"}
    return lab.Service(name, "tcp", (f"{address}:{listen}",), f"127.0.0.1:{connect}", at=at, listen_service=keys, connect_service=keys)


SERVICES = [
    service("dns", "dns", 5354, nsd.PORT),
    service("ldap", "ldap", 3391, SECURE_PORT, "entries=free"),
    service("radius", "radius", 1822, 1812),
    service("krb5", "kerberos", KDC_PORT, KDC_PORT),
    service("kpasswd", "kerberos", PASSWORD_PORT, kadmind.PORT + 1),
    service("sip", "sip", 5061, 5060),
    service("imap", "imap", 1143, IMAP_PORT),
    service("xmpp", "xmpp", 5223, XMPP_PORT),
    *(service(f"xmpp-of-{node}", "xmpp", SERVER_PORT, SERVER_PORT, address=OTHERS_ADDRESS, at=node) for node in DOMAINS),
]


@pytest.fixture(scope="module")
def tunnel(build, make_tunnel):
    made = make_tunnel(SERVICES, with_nsd=True)
    with Wan(build, delay=25, loss=3, reorder="3,20", dup=1).around(made) as tunnel:
        yield tunnel


@pytest.fixture(autouse=True)
def strict(tunnel):
    """No connection was anything else than its module's."""
    yield
    for node in (tunnel.a, tunnel.b):
        for one in SERVICES:
            counters = node.counters(one.unit)
            assert (counters["module_resets"], counters["module_fallbacks"]) == (0, 0), one.name


def overtook(tunnel, name):
    return [getattr(tunnel, node).counters(f"funnel-tcpd@{name}")["messages_overtook"] for node in "ab"]


def test_dns(tunnel):
    def ask(node, port):
        done = tunnel.network.run(node, DNS_TCP, "127.0.0.1", port, nsd.ZONE, nsd.NAMES, RATE, timeout=120)
        return json.loads(done.stdout)
    direct, found = ask("b", nsd.PORT), ask("a", 5354)
    assert (found["answers"], found["transfer"]) == (direct["answers"], direct["transfer"])
    print(f"dns: {found['overtaken']} answers overtook; messages {overtook(tunnel, 'dns')}")
    assert found["overtaken"] > 0 and min(overtook(tunnel, "dns")) > 0


@pytest.fixture(scope="module")
def directory(tunnel):
    server = lab.Slapd(tunnel.workspace, tunnel.network, port=SECURE_PORT, secure=True, name="slapd-secure")
    yield server
    server.stop()


@pytest.mark.parametrize("how", [("start-tls",), (slapd.USER, slapd.PASSWORD)], ids=["start-tls", "sasl"])
def test_ldap_until_something_else_begins(tunnel, directory, how):
    def ask(node, port):
        done = tunnel.network.run(node, LDAP_ASYNC, f"ldap://127.0.0.1:{port}", slapd.BASE, slapd.PEOPLE, RATE, *how, timeout=120)
        return json.loads(done.stdout)
    direct, before = ask("b", directory.port), overtook(tunnel, "ldap")
    assert len(direct["found"]) == slapd.PEOPLE and direct["again"] == {name: direct[name] for name in ("found", "all")}
    assert ask("a", 3391) == direct
    more = [now - old for now, old in zip(overtook(tunnel, "ldap"), before)]
    print(f"ldap: {more} messages overtook")
    assert min(more) > 0


def test_radius(tunnel):
    with Radius(tunnel) as server:
        requests = [server.request("wonderland" if number % 3 else "wrong") for number in range(REQUESTS)]
        said = server.ask_many("a", 1822, requests, at_once=40)
    wrong = len(range(0, REQUESTS, 3))
    outcome = {name.strip(): int(number) for name, number in re.findall(r"^\t([A-Z][a-z ]+): (\d+)$", said, re.MULTILINE)}
    assert (outcome["Accepted"], outcome["Rejected"], outcome["Lost"]) == (REQUESTS - wrong, wrong, 0), said[-2000:]
    print(f"radius: {overtook(tunnel, 'radius')} messages overtook")
    assert min(overtook(tunnel, "radius")) > 0


@pytest.mark.parametrize("method, trips", [("MD5", 2), ("TTLS", 7)])
def test_conversations(tunnel, method, trips):
    """Devices log in by EAP, many at once over one TCP connection: all rounds of one come in order, those of others overtake them (of
    two rounds perhaps none). eapol_test speaks UDP only, to a proxy beside it, which is a client by TCP."""
    with Radius(tunnel, eap=True) as server, Proxy(tunnel, "a", 1812, 1822):
        passwords = ["wonderland" if number % 4 else "wrong" for number in range(DEVICES)]
        direct, before = server.log_in("b", 1812, passwords, method), overtook(tunnel, "radius")
        found = server.log_in("a", 1812, passwords, method)
    assert found == direct
    assert [verdict for verdict, _ in found] == ["SUCCESS" if password == "wonderland" else "FAILURE" for password in passwords]
    assert min(count for _, count in found) >= trips
    more = [now - old for now, old in zip(overtook(tunnel, "radius"), before)]
    print(f"radius, EAP-{method}: in {max(count for _, count in found)} round trips; {more} messages overtook")
    assert method == "MD5" or min(more) > 0


def test_tickets_and_passwords(tunnel):
    realm = lab.Realm(tunnel.workspace, tunnel.network, name="CORP.EXAMPLE", node="b", address="127.0.0.1", port=KDC_PORT)
    server = kadmind.Kadmind(realm)
    try:
        realm.admin("addprinc -pw wonderland alice")
        with open(realm.config, encoding="utf-8") as file:
            text = file.read().replace("udp_preference_limit = 32700", "udp_preference_limit = 1")
        config = f"{realm.config}.tcp"
        lab.base.write_file(config, text.replace("        kdc =", f"        kpasswd_server = 127.0.0.1:{PASSWORD_PORT}\n        kdc ="))
        environment = {**os.environ, "KRB5_CONFIG": config, "KRB5CCNAME": f"FILE:{realm.folder}/ccache", "KRB5_TRACE": "/dev/stdout"}

        def kinit(password):
            return tunnel.network.run("a", "kinit", "alice@CORP.EXAMPLE", input=password + "\n", env=environment, timeout=60).stdout
        assert f"Sending TCP request to stream 127.0.0.1:{KDC_PORT}" in kinit("wonderland")
        changed = tunnel.network.run("a", "kpasswd", "alice@CORP.EXAMPLE", input="wonderland\nlooking glass\nlooking glass\n",
                                     env=environment, timeout=60).stdout
        assert f"Sending TCP request to stream 127.0.0.1:{PASSWORD_PORT}" in changed and "Password changed." in changed
        assert "alice@CORP.EXAMPLE -> krbtgt/CORP.EXAMPLE@CORP.EXAMPLE" in kinit("looking glass")
    finally:
        server.stop()
        realm.stop()
    for name in ("krb5", "kpasswd"):
        assert tunnel.a.counters(f"funnel-tcpd@{name}")["messages_free"] > 0


def test_calls(tunnel):
    with Sip(tunnel) as server:
        server.call("a", "127.0.0.1", "127.0.0.1:5061", calls=CALLS)
    print(f"sip: {overtook(tunnel, 'sip')} messages overtook")
    assert min(overtook(tunnel, "sip")) > 0


@pytest.fixture(scope="module")
def mailbox(tunnel):
    with Imap(tunnel, port=IMAP_PORT) as server:
        server.fill(letters(MESSAGES))
        yield server


def ask_imap(tunnel, node, port, *how):
    done = tunnel.network.run(node, IMAP_MANY, "127.0.0.1", port, USER_NAME, PASSWORD, MESSAGES, *how, timeout=120)
    return json.loads(done.stdout)


def test_imap(tunnel, mailbox):
    direct, found = ask_imap(tunnel, "b", IMAP_PORT), ask_imap(tunnel, "a", 1143)
    assert len(direct["found"]) == MESSAGES and direct["overtaken"] == 0
    assert found["found"] == direct["found"]
    print(f"imap: {found['overtaken']} messages came before earlier ones; messages {overtook(tunnel, 'imap')}")
    assert found["overtaken"] > 0 and overtook(tunnel, "imap")[0] > 0


@pytest.mark.parametrize("how", ["start-tls", "compress"])
def test_imap_until_something_else_begins(tunnel, mailbox, how):
    direct, found = ask_imap(tunnel, "b", IMAP_PORT, how), ask_imap(tunnel, "a", 1143, how)
    assert len(direct["found"]) == MESSAGES and direct.get("again", direct["found"]) == direct["found"]
    assert found["found"] == direct["found"] and found.get("again", direct["found"]) == direct["found"]


def test_imap_idles(tunnel, mailbox):
    found = ask_imap(tunnel, "a", 1143, "idle")
    assert f"* {MESSAGES + 1} FETCH" in found["stored"] and "hello" in found["stored"]


@pytest.mark.parametrize("how", [(), ("start-tls",), ("count",)], ids=["plain", "start-tls", "count"])
def test_chats(tunnel, how):
    """Each friend's messages come back in order, whatever overtakes; nothing of alice's does where the module cannot, or must not, read."""
    before = overtook(tunnel, "xmpp")
    with Xmpp(tunnel):
        done = tunnel.network.run("a", XMPP_MANY, "127.0.0.1", 5223, DOMAIN, XMPP_PASSWORD, FRIENDS, CHATS, *how, timeout=120)
    returned = json.loads(done.stdout)["returned"]
    assert len(returned) == FRIENDS and all(bodies == list(range(CHATS)) for bodies in returned.values())
    more = [now - old for now, old in zip(overtook(tunnel, "xmpp"), before)]
    print(f"xmpp: {more} messages overtook")
    assert min(more) > 0 if not how else more == [0, 0]


@pytest.mark.parametrize("start_tls", [False, True], ids=["plain", "start-tls"])
def test_chats_between_two_servers(tunnel, start_tls):
    """Each server opens a connection to the other's domain, over which it asks who the other is, and sends what its users say. Users'
    messages come in order, and overtake those of other users where the module can read them."""
    names = [f"xmpp-of-{node}" for node in DOMAINS]
    before = [sum(overtook(tunnel, name)) for name in names]
    with Federated(tunnel, "a", *DOMAINS.values(), OTHERS_ADDRESS, start_tls) as branch, \
            Federated(tunnel, "b", *reversed(DOMAINS.values()), OTHERS_ADDRESS, start_tls) as hoster:
        sides = [tunnel.network.popen(server.node, XMPP_SERVERS, "127.0.0.1", XMPP_PORT, server.domain, XMPP_PASSWORD, FRIENDS, CHATS, other.domain,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                 for server, other in ((branch, hoster), (hoster, branch))]
        try:
            assert [side.stdout.readline() for side in sides] == ["ready\n"] * 2
            for side in sides:
                side.stdin.write("\n")
                side.stdin.flush()
            said = [side.communicate(timeout=120)[0] for side in sides]
        finally:
            for side in sides:
                side.kill()
                side.wait()
        logs = []
        for server in (branch, hoster):
            with open(server.log, encoding="utf-8") as file:
                logs.append(file.read())
    for text in said:
        received = json.loads(text)["received"]
        assert len(received) == FRIENDS and all(numbers == list(range(CHATS)) for numbers in received.values())
    assert all(("Stream encrypted (TLS" in log) == start_tls for log in logs), logs
    more = [sum(overtook(tunnel, name)) - old for name, old in zip(names, before)]
    print(f"xmpp between servers: {more} messages overtook")
    assert more == [0, 0] if start_tls else min(more) > 0
