"""Every example in examples/ carries a real client's work to a real server, by the very files that an administrator
copies. All of them run at once in one pair of nodes, over one association.

    branch1 (a)                                                   hoster (b)
    dig, radclient, kinit, ldapsearch, imaplib,                   nsd, freeradius, krb5kdc, slapd, dovecot,
    sipp, slixmpp, cgi-fcgi, nginx, h2c.py, ------- funnel ------>  sipp, prosody, fcgiwrap, uwsgi, nginx,
    agents.py, logger, curl                                          middlebox.py, rsyslogd,
                                                                  web.py
    snmpd, sshd  <------------------------------- funnel -------  snmpget, ssh
"""
import hashlib
import json
import os
import re

import pytest

import lab
import manual
from lab import example, nsd, slapd
from lab.backends.fastcgi import FastCgi
from lab.backends.http2 import Http2
from lab.backends.imap import Imap
from lab.backends.program import start_program
from lab.backends.radius import Radius
from lab.backends.simco import PORT as SIMCO_PORT, Simco
from lab.backends.sip import CALLS, Sip
from lab.backends.snmp import NAME, Snmp
from lab.backends.ssh import Ssh
from lab.backends.syslog import Syslog
from lab.backends.uwsgi import Nginx, Uwsgi
from lab.backends.xmpp import Xmpp

MANY = "x" * 200000
ASK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools", "h2c.py")


@pytest.fixture(scope="module")
def tunnel(build):
    with example.ExampleLab(build) as made:
        yield made.start()


@pytest.fixture(autouse=True)
def carried(request):
    """For a test that is marked with services: at its end each of them has carried something."""
    yield
    for mark in request.node.iter_markers("services"):
        for name in mark.args:
            counters = request.getfixturevalue("tunnel").counters(name)
            # Log lines have no answers.
            assert any(counters.get(key, 0) > 0 for key in ("sessions_total", "datagrams_out", "module_reliable")), name


@pytest.mark.services("dns", "dns-tcp")
def test_dns(tunnel):
    server = lab.Nsd(tunnel.workspace, tunnel.network)
    try:
        assert server.dig("a", "127.0.0.1", 53, "www", "A") == "192.0.2.80\n"
        # Too large for a datagram: dig asks again over TCP.
        assert server.dig("a", "127.0.0.1", 53, "big", "TXT") == server.dig("b", "127.0.0.1", nsd.PORT, "big", "TXT") != ""
    finally:
        server.stop()


@pytest.mark.services("radius", "radius-acct")
def test_radius(tunnel):
    with Radius(tunnel) as server:
        accepted = server.ask("a", 1812, "auth", server.request("wonderland"))
        assert "Received Access-Accept" in accepted and "carried by Funnel" in accepted
        assert "Received Access-Reject" in server.ask("a", 1812, "auth", server.request("wrong"))
        assert "Received Accounting-Response" in server.ask(
            "a", 1813, "acct", "User-Name = alice\nAcct-Status-Type = Start\nAcct-Session-Id = 1\n")


def kinit(tunnel, realm, limit):
    """A ticket for alice; libkrb5 takes UDP for requests below the limit, else TCP. What it says of its steps."""
    with open(realm.config, encoding="utf-8") as file:
        text = file.read()
    config = f"{realm.config}.{limit}"
    lab.base.write_file(config, text.replace("udp_preference_limit = 32700", f"udp_preference_limit = {limit}"))
    return tunnel.network.run("a", "kinit", "alice@CORP.EXAMPLE", input="wonderland\n", env={
        **os.environ, "KRB5_CONFIG": config, "KRB5CCNAME": f"FILE:{realm.folder}/ccache.{limit}",
        "KRB5_TRACE": "/dev/stdout"}).stdout


@pytest.mark.services("krb5", "krb5-tcp")
def test_kerberos(tunnel):
    realm = lab.Realm(tunnel.workspace, tunnel.network, name="CORP.EXAMPLE", node="b", address="127.0.0.1", port=88)
    try:
        realm.admin("addprinc -pw wonderland alice")
        for limit, way in ((32700, "dgram 127.0.0.1:88"), (1, "stream 127.0.0.1:88")):
            steps = kinit(tunnel, realm, limit)
            assert f"Sending initial UDP request to {way}" in steps or f"Sending TCP request to {way}" in steps
            assert "alice@CORP.EXAMPLE -> krbtgt/CORP.EXAMPLE@CORP.EXAMPLE" in steps
    finally:
        realm.stop()


@pytest.mark.services("snmp")
def test_snmp(tunnel):
    with Snmp(tunnel) as agent:
        assert NAME in agent.get("b", "127.0.0.1:16101")
        assert agent.walk("b", "127.0.0.1:16101").count("\n") > 5


@pytest.mark.services("ldap")
def test_ldap(tunnel):
    server = lab.Slapd(tunnel.workspace, tunnel.network, port=389)
    try:
        direct = server.search("b", "ldap://127.0.0.1").stdout
        assert direct.count("dn: ") == slapd.PEOPLE + 2
        for url in ("ldap://127.0.0.1", "ldap://[::1]"):
            assert server.search("a", url).stdout == direct
    finally:
        server.stop()


@pytest.mark.services("imap")
def test_imap(tunnel):
    with Imap(tunnel) as server:
        size, subject = server.client("a", "192.168.1.1", 143).split(maxsplit=1)
        assert int(size) > 200000 and subject == "Subject: through the tunnel\n"
        # The PROXY header: the client's address on its LAN, not the edge's.
        assert "user=<alice>" in server.logged() and "rip=192.168.1.1," in server.logged()


@pytest.mark.services("sip")
def test_sip(tunnel):
    with Sip(tunnel) as server:
        said = server.call("a", "192.168.1.1", "192.168.1.1:5060")
        assert f"Successful call        |        0                  |       {CALLS} " in said


@pytest.mark.services("sip-udp")
def test_sip_udp(tunnel):
    with Sip(tunnel, "udp") as server:
        said = server.call("a", "192.168.1.1", "192.168.1.1:5060")
        assert f"Successful call        |        0                  |       {CALLS} " in said


@pytest.mark.services("syslog")
def test_syslog(tunnel):
    lines = [f"line {number}" for number in range(50)]
    with Syslog(tunnel, 514) as server:
        tunnel.network.run("a", "logger", "-d", "-n", "192.168.1.1", "-P", 514, "-t", "branch", "-p", "local3.notice", input="\n".join(lines))
        lab.wait_until(lambda: server.messages() == sorted(f"local3.notice branch {line}" for line in lines), "all lines come", 20,
                       detail=lambda: str(server.messages()))


@pytest.mark.services("simco")
def test_simco(tunnel):
    with Simco(tunnel, 12) as middlebox:
        said = middlebox.enable("a", SIMCO_PORT, 100)
        assert 0 < len(said["open"]) < 12 and middlebox.reached() == said["open"]
        assert middlebox.agent("a", SIMCO_PORT, "delete") == {"deleted": len(said["open"])} and middlebox.reached() == []


@pytest.mark.services("xmpp")
def test_xmpp(tunnel):
    with Xmpp(tunnel) as server:
        assert server.client("a", "192.168.1.1", 5222).splitlines()[-1] == "through the tunnel"


@pytest.mark.services("fastcgi")
def test_fastcgi(tunnel):
    with FastCgi(tunnel, os.path.join(tunnel.sockets, "fcgiwrap.socket")) as server:
        answer = server.request("a", "127.0.0.1:9000", "a=1", MANY)
        assert "query: a=1" in answer and hashlib.sha256(MANY.encode()).hexdigest() in answer


@pytest.mark.services("http2")
def test_http2(tunnel):
    with Http2(tunnel) as server:
        for number in range(20):
            server.put(f"{number}.bin", MANY[number:].encode())
        done = tunnel.network.run("a", ASK, 8081, 0, *(f"/{number}.bin" for number in range(20)))
        answers = json.loads(done.stdout)["answers"]
        assert [digest for _, digest, _ in answers] == [hashlib.sha256(MANY[number:].encode()).hexdigest() for number in range(20)]


@pytest.mark.services("uwsgi")
def test_uwsgi(tunnel):
    with Uwsgi(tunnel), Nginx(tunnel, "a", "127.0.0.1:3031") as web:
        assert web.post("/hello", 300000) == "POST /hello 127.0.0.1 300000\n"


@pytest.mark.services("socks")
def test_socks(tunnel):
    server = start_program(tunnel.network, "b", "web", "127.0.0.1", 8080, "target")
    try:
        for proxy in ("127.0.0.1:1080", "192.168.1.1:1080"):
            said = tunnel.network.run("a", "curl", "-sS", "--max-time", "20", "--socks5-hostname", proxy, "http://localhost:8080/").stdout
            assert said == "target for 127.0.0.1 as localhost:8080"
    finally:
        server.kill()
        server.communicate()


@pytest.mark.services("check-disk")
def test_command(tunnel):
    node = tunnel.nodes["b"]
    said = tunnel.network.run("b", node.path("funnel-run"), "--run", node.run, "-n", "check-disk").stdout
    # What is free changes meanwhile.
    assert re.sub(r"\d+", "N", said) == re.sub(r"\d+", "N", lab.base.run(["/usr/bin/df", "-P", "/"]).stdout)


@pytest.mark.services("ssh")
def test_ssh(tunnel):
    with Ssh(tunnel) as server:
        assert server.shell("b", 2222, "echo $SSH_CONNECTION; cat", input=MANY).endswith(MANY)
        assert server.shell("b", 2222, "exit 7", check=False) == ""


def test_every_example_is_run():
    carried_here = [mark for name, function in globals().items() if name.startswith("test_")
                    for mark in getattr(function, "pytestmark", []) if mark.name == "services"]
    tested = {name for mark in carried_here for name in mark.args}
    assert tested == {name for folder in example.names() for name in example.services(folder)}


@pytest.mark.parametrize("name", example.names())
def test_example_is_complete(build, name):
    """Both ends are right by themselves, and agree with all other examples on the nodes and their peers."""
    folder = os.path.join(example.EXAMPLES, name)
    control = os.path.join(build, "funnelctl", "funnelctl")
    for node in example.FOLDERS.values():
        lab.base.run([control, "--config", os.path.join(folder, node), "--defaults", "/nonexistent", "check"])
        for file in ("funnel.conf", "peers.d/hoster.ini" if node == "branch1" else "peers.d/branch1.ini"):
            assert manual.read(f"{folder}/{node}/{file}") == manual.read(f"{example.EXAMPLES}/dns/{node}/{file}")
    for service in example.services(name):
        assert service + ".ini" in manual.read(folder + "/README")


def test_quick_start_of_the_manual_is_the_example_of_dns():
    blocks = manual.blocks("file")
    assert len(blocks) == 6
    for block in blocks:
        assert block.text == manual.read(os.path.join(example.EXAMPLES, block.where))
