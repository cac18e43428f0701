"""SIGHUP to an edge, and funnelctl reload: what can change without a restart does, what is broken changes nothing, and the
service goes on meanwhile.

    branch (a)                               hoster (b)
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
           funnel-tcpd@ldap                       nobody: no backend is needed here
"""
import json

import pytest

import lab

ANSWER = '"this is host 5"\n'


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service(), lab.ldap_service()], with_nsd=True).prepare().start().wait_up()


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


def test_broken_configuration_is_reported_and_the_old_one_stays(tunnel):
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
        assert ask(tunnel) == ANSWER
        lab.wait_until(lambda: tunnel.a.counters("funnel-udpd@dns")["flows"] == 0, "idle flows end", 10, 0.05,
                       tunnel.describe)
        counted = tunnel.a.counters("funnel-udpd@dns")
        assert edge.starts == 1 and counted["channels_opened"] == 1
    finally:
        restore(tunnel.a, before)


def test_what_needs_a_restart_is_reported(tunnel):
    edge = tunnel.a["funnel-udpd@dns"]
    before = rewrite(tunnel.a, lambda text: text.replace("127.0.0.1:5353", "127.0.0.1:5354"))
    try:
        edge.reload()
        edge.wait_logged("systemctl restart funnel-udpd@dns.socket")
        assert ask(tunnel) == ANSWER
    finally:
        restore(tunnel.a, before)


# funnelctl reload

def test_reload_tells_what_changed(tunnel):
    before = rewrite(tunnel.a, lambda text: text.replace("[listen]", "idle-timeout = 7s\n[listen]"))
    try:
        said = tunnel.a.funnelctl("reload", "--wait", "funnel-udpd@dns.service").stdout
        assert "funnel-udpd@dns: reloaded, 1 change\n" in said
        assert "services.d/dns.ini: [service] idle-timeout = 7s (was 1min)" in said
        assert "nothing has changed" in tunnel.a.funnelctl("reload", "--wait", "dns").stdout
    finally:
        restore(tunnel.a, before)
    reports = json.loads(tunnel.a.funnelctl("reload", "--wait", "all", "--json").stdout)
    assert [one["daemon"] for one in reports] == ["funnel-authd", "funnel-sctpd", "funnel-udpd@dns", "funnel-tcpd@ldap"]
    assert all(one["ok"] for one in reports)
    assert ask(tunnel) == ANSWER


def test_reload_that_nobody_waits_for_is_never_lost(tunnel):
    before = tunnel.a.counters("funnel-authd")["reloads"]
    for _ in range(30):
        tunnel.a.funnelctl("reload", "funnel-authd.service")
    lab.wait_until(lambda: tunnel.a.counters("funnel-authd")["reloads"] == before + 30, "each of them is done", 10, 0.05,
                   tunnel.describe)


def test_reload_of_a_broken_configuration_fails_and_changes_nothing(tunnel):
    before = rewrite(tunnel.a, lambda text: text + "no-such-key = 1\n")
    line = before.count("\n") + 1
    try:
        for unit in ("funnel-authd.service", "funnel-sctpd.service", "funnel-udpd@dns.service"):
            said, status = tunnel.a.refused("reload", "--wait", unit)
            assert status == 1 and f"services.d/dns.ini:{line}: " in said and "the running one stays" in said
        assert ask(tunnel) == ANSWER
    finally:
        restore(tunnel.a, before)


def test_reload_names_what_needs_a_restart_and_takes_the_rest(tunnel):
    before = rewrite(tunnel.a, lambda text: text.replace("127.0.0.1:5353", "127.0.0.1:5354").replace(
        "[listen]", "idle-timeout = 9s\n[listen]"))
    try:
        said = tunnel.a.funnelctl("reload", "--wait", "dns").stdout
        assert "systemctl restart funnel-udpd@dns.socket" in said and "can only change by a restart" in said
        assert "idle-timeout = 9s" in said
        assert ask(tunnel) == ANSWER
    finally:
        restore(tunnel.a, before)
        tunnel.a.funnelctl("reload", "--wait", "dns")
    tunnel.a.settings["sctp"] = {"rto-min": "150ms"}
    tunnel.a.write_node_config()
    try:
        for _ in range(2):
            said = tunnel.a.funnelctl("reload", "--wait", "funnel-sctpd").stdout
            assert "[sctp] rto-min can only change by a restart: systemctl restart funnel-sctpd.service" in said
    finally:
        del tunnel.a.settings["sctp"]
        tunnel.a.write_node_config()
        tunnel.a.funnelctl("reload", "--wait", "funnel-sctpd")
