"""Wireshark's dissectors, written by others and our own (contrib/wireshark), read what two nodes say to each other.

    branch (a)                                          hoster (b)
    dig        -> funnel-udpd@dns  -+== capture: lan ==+- funnel-udpd@dns  -> nsd
    ldapsearch -> funnel-tcpd@ldap -+                  +- funnel-tcpd@ldap -> slapd

Over UDP and straight over IP; then what a log of keys opens.
"""
import os
import stat

import pytest

import lab
from lab import suites
from lab.capture import Capture

SCTPD = "funnel-sctpd"
SECRETS = ("this is host", "user7@example.test", "uid=user")


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    # What a has of keys is written down for dns, and for nothing else.
    made = make_tunnel([lab.dns_service(listen_service={"key-log": "1MiB"}), lab.ldap_service()], with_nsd=True, with_slapd=True)
    for node in made.nodes.values():
        node.sctpd_options = ["--capability=net_raw"]
    return made.prepare().start().wait_up()


@pytest.fixture(scope="module", params=["udp", "direct"])
def captured(tunnel, request, tmp_path_factory):
    """A new association with all its handshakes, some traffic, and its end."""
    for node in tunnel.nodes.values():
        node[SCTPD].stop()
    tunnel.peers["a"].extra["carrier"] = request.param
    tunnel.a.write_peer(tunnel.peers["a"], tunnel.b)
    with Capture(tunnel.network, str(tmp_path_factory.mktemp("pcap") / "lan.pcapng")) as capture:
        for node in (tunnel.b, tunnel.a):
            node[SCTPD].start()
        tunnel.wait_up(deadline=40)
        for _ in range(5):
            assert "this is host 5" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT")
        assert "user7@example.test" in tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout
        tunnel.a["funnel-udpd@dns"].stop()
        lab.wait_until(lambda: not tunnel.b.channels("dns"), "CLOSED has gone both ways", 20, detail=tunnel.describe)
        tunnel.a["funnel-udpd@dns"].start()
        tunnel.wait_up()
    assert [one["carrier"] for one in tunnel.a.status()["sctpd"]["associations"]] == [request.param]
    return capture


def test_every_packet_is_sound_sctp(captured):
    sums = captured.packets("sctp", "sctp.checksum.status")
    assert len(sums) > 30 and {tuple(one[0]) for one in sums} == {("1",)}, "1: the CRC32c is right"
    wrong = captured.packets("_ws.malformed || _ws.short || _ws.expert.severity == error",
                             "frame.number", "_ws.expert.message")
    assert not wrong


def test_the_dissector_names_what_is_in_the_clear(captured):
    opens = captured.packets("funnel.type == 1", "funnel.service", "funnel.target", "funnel.hop_limit")
    named = {service for services, _, _ in opens for service in services}
    assert {"@peer", "dns", "ldap"} <= named, opens
    assert {target for _, targets, _ in opens for target in targets} <= {"branch.funnel.test", "hoster.funnel.test"}
    assert captured.packets(f"funnel.type == 2 && funnel.chosen_version == 1 && funnel.suite == {suites.best()}", "funnel.token")
    for service in ("dns", "ldap"):
        sealed = captured.packets(f'funnel.service == "{service}" && funnel.type == 4', "funnel.sealed.sequence",
                                  "funnel.sealed.length")
        assert len(sealed) >= 2 and {"0", "1"} <= {number for numbers, _ in sealed for number in numbers}
        assert all(int(length) >= 12 for _, lengths in sealed for length in lengths)
    ends = captured.packets('funnel.type == 5 && funnel.service == "dns"', "funnel.closed.code")
    assert ends and all(set(codes) == {"0"} for codes, in ends)
    # The first token of a handshake is Kerberos: who asks for what stands in it for everybody to see.
    assert captured.packets('funnel.type == 1 && kerberos.realm == "FUNNEL.TEST"', "funnel.token")


def test_nothing_of_the_payload_is_there(captured):
    raw, said = captured.raw(), captured.text()
    assert "Funnel, OPEN dns to hoster.funnel.test" in said and "Sealed bytes: " in said
    for secret in SECRETS:
        assert secret.encode() not in raw and secret not in said


# What a log of keys opens

QUESTION_NAME = "host5." + lab.nsd.ZONE
QUESTION = b"".join(bytes([len(part)]) + part.encode() for part in (*QUESTION_NAME.split("."), ""))


def key_log(node):
    return os.path.join(node.run, "edge", "dns", "keys.log")


def test_a_key_log_opens_the_frames_of_its_service(captured, tunnel):
    options = ["-o", f"funnel.key_log:{key_log(tunnel.a)}", "-o", "funnel.payload:dns=dns"]
    found = captured.packets("funnel.record == 1 || funnel.record == 16", "funnel.record.payload", "dns.qry.name", "funnel.plain.sender", options=options)
    payload = [bytes.fromhex(one.replace(":", "")) for payloads, *_ in found for one in payloads]
    assert sum(QUESTION in one for one in payload) >= 10, "each question, and the answer that repeats it"
    assert sum(b"this is host 5" in one for one in payload) >= 5
    assert {name for _, names, _ in found for name in names} == {QUESTION_NAME}
    opening = captured.packets("funnel.record == 16", "funnel.plain.sender", "dns.qry.name", options=options)
    assert opening and all(senders == ["initiator"] and QUESTION_NAME in names for senders, names in opening)
    assert {sender for *_, senders in found for sender in senders} == {"initiator", "acceptor"}
    sealed, others = 'funnel.type == 4 && funnel.service == ', '(funnel.service == "ldap" || funnel.service == "@peer")'
    assert captured.packets(f'{sealed}"dns"', "frame.number")
    assert not captured.packets(f'{sealed}"dns" && funnel.no_key && !{others}', "frame.number", options=options)
    assert captured.packets(f'{sealed}"ldap" && funnel.no_key', "frame.number", options=options)
    said = captured.text(*options)
    assert "user7@example.test" not in said and "The key log has no key for it" in said
    assert "(datagrams, openings, modules)" in said and "(connections, modules, serving)" in said
    assert "Record: FAREWELL (14)" in said and "Record: CONFIRM (11)" in said
    assert not captured.packets("funnel.malformed || _ws.malformed", "frame.number", options=options)


def test_without_it_they_stay_sealed(captured, tunnel, tmp_path):
    assert not captured.packets("funnel.record || dns", "frame.number")
    other = tmp_path / "others"
    with open(key_log(tunnel.a), encoding="ascii") as file:
        text = file.read()
    lines = [line.split() for line in text.splitlines()[1:]]
    other.write_text("".join(f"{' '.join(line[:4])} {'00' * 32} {line[5]}\n" for line in lines), encoding="ascii")
    for path in (other, tmp_path / "absent"):
        assert not captured.packets("funnel.record || dns", "frame.number", options=["-o", f"funnel.key_log:{path}"])


def test_a_key_log_is_made_known_and_is_its_owner_s_alone(captured, tunnel):
    about = os.stat(key_log(tunnel.a))
    assert stat.S_IMODE(about.st_mode) == 0o600 and about.st_uid == tunnel.a.uid("funnel-udpd@dns")
    assert not os.path.exists(key_log(tunnel.b)) and os.listdir(os.path.join(tunnel.a.run, "edge", "ldap")) == ["control.sock"]
    tunnel.a["funnel-udpd@dns"].wait_logged(f"keys are written to {key_log(tunnel.a)}: whoever reads it")
    says = "writes its keys to a file"
    assert says in tunnel.a.funnelctl("status").stdout and says not in tunnel.b.funnelctl("status").stdout
    checked = tunnel.a.funnelctl("check").stdout
    assert f"{tunnel.a.service_path('dns')}:" in checked and ": warning: key-log: the keys of this service" in checked
    doctor = tunnel.a.network.run("a", "env", f"KRB5_CONFIG={tunnel.realm.config}", tunnel.a.path("funnelctl"),
                                  *tunnel.a.common_options, "doctor", check=False, timeout=120)
    assert f"funnel-udpd@dns {says}" in doctor.stdout
