"""funnelctl doctor: it says nothing of a node that works, and finds each fault that is planted.

    branch (a)  ==== dns ====>  hoster (b)        KDC (k)
"""
import contextlib
import json
import os
import subprocess
import sys

import pytest

import lab
from conftest import SANITIZED
from lab.node import ENGINE
from lab.realm import REALM
from lab.service import principal

OURS = f"dns/branch.funnel.test@{REALM}"


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service()], with_nsd=True).prepare().start().wait_up()


def run_doctor(node, *arguments, prefix=()):
    command = ["env", f"KRB5_CONFIG={node.realm.config}", *prefix, node.path("funnelctl"), *node.common_options,
               "doctor", *arguments]
    return node.network.run(node.letter, *command, check=False)


def doctor(node, prefix=()):
    """What is not ok: [(check, subject, text, todo)], and the exit status. Units are this machine's own."""
    done = run_doctor(node, "--json", prefix=prefix)
    found = [finding for finding in json.loads(done.stdout) if finding["check"] != "units"]
    return [finding for finding in found if finding["verdict"] == "wrong"], done


def find(node, check, text, prefix=()):
    """The one finding that the fault makes; it says what to do."""
    wrong, done = doctor(node, prefix)
    found = [one for one in wrong if one["check"] == check and text in one["text"]]
    assert found, f"no {check} with '{text}' in\n{done.stdout}"
    assert found[0]["todo"] and done.returncode == 1
    return found[0]


@contextlib.contextmanager
def changed(path, change):
    """The file as `change` leaves it; afterwards as it was."""
    about = os.stat(path)
    with open(path, "rb") as file:
        content = file.read()
    change()
    try:
        yield
    finally:
        with open(path, "wb") as file:
            file.write(content)
        os.chown(path, about.st_uid, about.st_gid)
        os.chmod(path, about.st_mode)


def test_a_node_that_works_has_nothing_wrong(tunnel):
    for node in (tunnel.a, tunnel.b):
        wrong, done = doctor(node)
        assert not wrong, done.stdout
    text = run_doctor(tunnel.a).stdout
    assert f"identity: {OURS}: a ticket is obtained" in text
    assert f"identity: {OURS}: our clock agrees with the KDC's" in text
    assert f"identity: {OURS}: ticket for dns/hoster.funnel.test@{REALM}" in text
    assert "kvno 1 aes256-cts-hmac-sha384-192" in text
    assert "path-mtu: hoster: packets of 1480 B reach 10.77.0.2 whole" in text
    assert "peer: hoster: up by udp" in text
    assert "\x1b" not in text, "colours are for terminals"


def test_whoever_asks_again_and_again_hears_the_same(tunnel):
    """The far end answers a host's probes no more than once in a second: its silence is not a path that drops packets."""
    for _ in range(10):
        wrong, done = doctor(tunnel.a)
        assert not wrong and done.returncode == 0, done.stdout



def test_two_edges_of_one_user_by_another_spelling(tunnel):
    node = tunnel.a
    user = node.uid("funnel-udpd@dns")
    with open(node.service_path("dns"), encoding="utf-8") as file:
        text = file.read().replace(f"edge-user = {user}", f"edge-user = 0{user}").replace(":5353", ":5399")
    try:
        with open(node.service_path("other"), "w", encoding="utf-8") as file:
            file.write(text)
        assert f"0{user} is already the edge of service dns" in find(node, "configuration", "whose keys it could get")["text"]
    finally:
        os.remove(node.service_path("other"))

def test_keytab_that_others_may_read(tunnel):
    with changed(tunnel.a.keytab, lambda: os.chmod(tunnel.a.keytab, 0o444)):
        assert "chmod 0640" in find(tunnel.a, "keytab", "everybody may use it")["todo"]


def test_keytab_of_another_owner(tunnel):
    with changed(tunnel.a.keytab, lambda: os.chown(tunnel.a.keytab, 12345, 12345)):
        find(tunnel.a, "keytab", "it belongs to uid 12345")


def test_missing_key(tunnel):
    node = tunnel.a

    def without_dns():
        tunnel.realm.keytab(node.keytab, principal("funnel", node.node_name), uid=node.uid("funnel-authd"))
    with changed(node.keytab, without_dns):
        assert find(node, "identity", "no key in")["subject"] == OURS


@pytest.mark.skipif(SANITIZED, reason="faketime is no library that a sanitizer lets in before it")
def test_clock_that_is_wrong(tunnel):
    found = find(tunnel.a, "identity", "ahead of the KDC's",
                 prefix=("env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", "+17m"))
    assert "our clock is 17 min" in found["text"] or "our clock is 16 min" in found["text"]


def test_kdc_that_is_down(tunnel):
    tunnel.realm.stop()
    try:
        find(tunnel.a, "identity", "no")
    finally:
        tunnel.realm.start()


def test_key_that_is_not_the_kdcs(tunnel):
    """The doctor reports it of a service that gets tickets with it, and of one that only accepts."""
    tunnel.realm.change_key(OURS)
    there = f"dns/hoster.funnel.test@{REALM}"
    tunnel.realm.change_key(there)
    try:
        assert "ktadd" in find(tunnel.a, "identity", "no ticket")["todo"]
        assert find(tunnel.b, "identity", "no ticket")["subject"] == there
    finally:
        for node in (tunnel.a, tunnel.b):
            tunnel.realm.keytab(node.keytab, *node.principals(tunnel.services), uid=node.uid("funnel-authd"))
            node["funnel-authd"].reload()  # tickets from before the change fit no key any more
    tunnel.wait_up()


def test_service_port_and_udp_port_that_are_taken(tunnel):
    node = tunnel.a
    for name in ("funnel-udpd@dns", "funnel-sctpd"):
        node[name].stop()
    take = ("import socket, sys\n"
            "held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]\n"
            "held[0].bind(('127.0.0.1', 5353)); held[1].bind(('', 9899))\n"
            "print('held', flush=True); sys.stdin.read()\n")
    with node.network.popen("a", sys.executable, "-c", take, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as thief:
        try:
            assert thief.stdout.readline() == b"held\n"
            assert f"(pid {thief.pid})" in find(node, "service-port", "127.0.0.1:5353 is taken by python3")["text"]
            find(node, "udp-port", "UDP port 9899 is taken by python3")
            find(node, "daemons", "funnel-sctpd does not answer")
        finally:
            thief.stdin.close()
    find(node, "service-port", "nobody listens on")
    for name in ("funnel-sctpd", "funnel-udpd@dns"):
        node[name].start()
    tunnel.wait_up()


def test_configuration_with_a_mistake(tunnel):
    path = tunnel.a.service_path("dns")

    def spoil():
        with open(path, "a", encoding="utf-8") as file:
            file.write("[listen]\naddres = 127.0.0.1:1\n")
    with changed(path, spoil):
        assert path in find(tunnel.a, "configuration", "did you mean address?")["text"]


def test_folder_that_strangers_may_write(tunnel):
    os.chmod(tunnel.a.run, 0o777)
    try:
        find(tunnel.a, "directories", "can be written by others than root")
    finally:
        os.chmod(tunnel.a.run, 0o755)


def test_link_that_is_too_narrow(tunnel):
    for letter in ("a", "b"):
        tunnel.network.ip(letter, "link", "set", "lan", "mtu", "1400")
    try:
        if ENGINE == "own":
            found, = [one for one in json.loads(doctor(tunnel.a)[1].stdout) if one["check"] == "path-mtu"]
            assert found["verdict"] == "ok" and "takes packets of 1400 B" in found["text"], found
        else:
            assert "packet-size = 1372B" in find(tunnel.a, "path-mtu", "takes packets of 1400 B")["todo"]
    finally:
        for letter in ("a", "b"):
            tunnel.network.ip(letter, "link", "set", "lan", "mtu", "1500")


def test_peer_that_is_not_connected(tunnel):
    tunnel.b["funnel-sctpd"].stop()
    try:
        lab.wait_until(lambda: any(one["check"] == "peer" for one in doctor(tunnel.a)[0]), "the peer is reported", 30)
    finally:
        tunnel.b["funnel-sctpd"].start()
    tunnel.wait_up()


def test_names_that_do_not_resolve(tunnel):
    path = os.path.join(tunnel.a.etc, "peers.d", "hoster.ini")

    def rename():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("connect = 10.77.0.2", "connect = no-such-host.invalid"))
    with changed(path, rename):
        assert find(tunnel.a, "name", "")["subject"] == "no-such-host.invalid"

