"""With proxy-protocol a resolver learns from each datagram who asked at the far end, and decides by that whom it answers.

    branch (a)                                                    hoster (b)
    dig from 127.0.0.1, 127.0.0.2, 127.0.0.3 -> 127.0.0.1:5353 ==== 127.0.0.1:5310 unbound, which answers 127.0.0.1 and 127.0.0.2 only
                                                127.0.0.1:5354 ==== the same, with who opened the channel (v2-tlv)
                                                127.0.0.1:5355 ==== the same, where client-networks has 127.0.0.1 only
                                                127.0.0.1:5356 ==== the same over TCP
"""
import pytest

import lab
from lab.backends.unbound import UnboundBehindProxy

PORT = 5310


def service(name, protocol, port, form, networks):
    return lab.Service(name, protocol, (f"127.0.0.1:{port}",), f"127.0.0.1:{PORT}", connect_section={"proxy-protocol": form},
                       connect_service={"client-networks": networks})


PLAIN = service("plain", "udp", 5353, "v2", ["127.0.0.0/8"])
TOLD = service("told", "udp", 5354, "v2-tlv", ["127.0.0.0/8"])
STRICT = service("strict", "udp", 5355, "v2", ["127.0.0.1/32"])
STREAM = service("stream", "tcp", 5356, "v2", ["127.0.0.0/8"])


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([PLAIN, TOLD, STRICT, STREAM]).prepare().start()
    with UnboundBehindProxy(made, PORT, ["127.0.0.1/32", "127.0.0.2/32"]):
        yield made.wait_up()


def ask(tunnel, client, port, *options):
    return tunnel.run("a", "dig", "@127.0.0.1", "-p", port, "-b", client, "+tries=1", "+time=3", *options, "www.example", "A",
                      check=False).stdout


@pytest.mark.parametrize("port, options", [(5353, ()), (5354, ()), (5356, ("+tcp",))])
def test_the_resolver_decides_by_who_asked_at_the_far_end(tunnel, port, options):
    for client in ("127.0.0.1", "127.0.0.2"):
        assert "192.0.2.80" in ask(tunnel, client, port, *options)
    assert "status: REFUSED" in ask(tunnel, "127.0.0.3", port, *options)
    assert "192.0.2.80" in ask(tunnel, "127.0.0.1", port, *options)


def test_who_may_not_be_stated_is_refused_counted_and_logged(tunnel):
    assert "192.0.2.80" in ask(tunnel, "127.0.0.1", 5355)
    before = tunnel.b.counters(STRICT.unit)["clients_not_allowed"]
    assert "192.0.2.80" not in ask(tunnel, "127.0.0.2", 5355)
    assert tunnel.b.counters(STRICT.unit)["clients_not_allowed"] > before
    tunnel.b.wait_logged("client-not-allowed: client-networks does not allow 127.0.0.2", daemon=STRICT.unit)
    assert "192.0.2.80" in ask(tunnel, "127.0.0.1", 5355), "others are served as before"


def test_a_check_of_the_resolver_passes(tunnel):
    path = tunnel.b.service_path("plain")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("[connect]", "[connect]\ncheck = dns\ncheck-every = 200ms\ncheck-timeout = 200ms"))
        tunnel.b.funnelctl("reload", "--wait", "plain")
        before = tunnel.b.counters(PLAIN.unit)["backend_checks"]
        lab.wait_until(lambda: tunnel.b.counters(PLAIN.unit)["backend_checks"] >= before + 3, "three checks", 20, 0.1, tunnel.b.describe)
        assert tunnel.b.counters(PLAIN.unit)["backend_checks_failed"] == 0
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        tunnel.b.funnelctl("reload", "--wait", "plain")


def test_version_1_is_for_connections(tunnel):
    path = tunnel.b.service_path("plain")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("proxy-protocol = v2", "proxy-protocol = v1"))
        assert "proxy-protocol: v1 is for connections only" in tunnel.b.refused("check")[0]
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
