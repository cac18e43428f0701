"""SIGHUP to an edge: what can change without a restart does, what is broken changes nothing, and the
service goes on meanwhile.

    branch (a)                               hoster (b)
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
"""
import pytest

import lab

ANSWER = '"this is host 5"\n'


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service()], with_nsd=True).prepare().start().wait_up()


def ask(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=2", check=False)


def rewrite(node, change):
    path = node.service_path("dns")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(text))
    return text


def restore(node, text):
    with open(node.service_path("dns"), "w", encoding="utf-8") as file:
        file.write(text)


def test_broken_configuration_is_told_and_the_old_one_stays(tunnel):
    edge = tunnel.a["funnel-udpd@dns"]
    before = rewrite(tunnel.a, lambda text: text + "no-such-key = 1\n")
    try:
        edge.reload()
        edge.wait_logged("(the old configuration stays)")
        assert "dns.ini:" in edge.log and "no-such-key" in edge.log
        assert ask(tunnel) == ANSWER and edge.starts == 1
    finally:
        restore(tunnel.a, before)


def test_a_change_takes_effect_without_a_restart(tunnel):
    edge = tunnel.a["funnel-udpd@dns"]
    assert ask(tunnel) == ANSWER
    before = rewrite(tunnel.a, lambda text: text.replace("[listen]", "idle-timeout = 1s\n[listen]"))
    try:
        edge.reload()
        edge.wait_logged("configuration was read anew")
        assert ask(tunnel) == ANSWER
        lab.wait_until(lambda: tunnel.a.counters("funnel-udpd@dns")["flows"] == 0, "idle flows end", 10, 0.05,
                       tunnel.describe)
        counted = tunnel.a.counters("funnel-udpd@dns")
        assert edge.starts == 1 and counted["channels_opened"] == 1
    finally:
        restore(tunnel.a, before)


def test_what_needs_a_restart_is_told(tunnel):
    edge = tunnel.a["funnel-udpd@dns"]
    before = rewrite(tunnel.a, lambda text: text.replace("127.0.0.1:5353", "127.0.0.1:5354"))
    try:
        edge.reload()
        edge.wait_logged("systemctl restart funnel-udpd@dns.socket")
        assert ask(tunnel) == ANSWER
    finally:
        restore(tunnel.a, before)
