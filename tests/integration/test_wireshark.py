"""Wireshark's dissectors, written by others and our own (contrib/wireshark), read what two nodes say to each other.

    branch (a)                                          hoster (b)
    dig        -> funnel-udpd@dns  -+== capture: lan ==+- funnel-udpd@dns  -> nsd
    ldapsearch -> funnel-tcpd@ldap -+                  +- funnel-tcpd@ldap -> slapd

Over UDP and straight over IP; then what a log of keys opens, and frames that nobody should send.
"""
import os
import stat
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

import lab
import middle
from lab import suites
from lab.capture import Capture, tshark

SCTPD = "funnel-sctpd"
SECRETS = ("this is host", "user7@example.test", "uid=user")
FUNNEL = 0x464E4C31
OPEN, OPENED, REFUSED, SEALED, CLOSED = range(1, 6)


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
    assert "(datagrams, openings)" in said and "(connections)" in said
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


# Frames that nobody should send

def field(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def frame(kind, body=b"", version=1, epoch=0, lifetime=0):
    return struct.pack(">BBHII", kind, version, epoch, 77, lifetime) + body


WRAP = bytes.fromhex("0504 06ff 0000 0000") + struct.pack(">Q", 5)
FIELDS = {1: b"\1", 3: b"\0\1", 5: b"dns", 7: b"hoster", 9: bytes(32), 11: b"\x08", 15: b"token"}


def opening(**changes):
    fields = {**FIELDS, **{int(kind[1:]): value for kind, value in changes.items()}}
    return frame(OPEN, b"".join(field(kind, value) for kind, value in fields.items() if value is not None))


# What is sent: what is said of it.
HOSTILE = {
    "short": (frame(SEALED)[:11], "A frame is shorter than its header"),
    "empty": (b"\4", "A frame is shorter than its header"),
    "version": (frame(SEALED, version=2), "Another version than 1"),
    "type": (frame(99, b"?"), "Unknown type"),
    "local": (frame(0x82, b"?"), "This type never goes on the wire"),
    "no-body": (frame(OPEN), "OPEN without a body"),
    "epoch": (frame(CLOSED, b"\0\0", epoch=1), "An epoch in a frame that is not sealed"),
    "lifetime": (frame(CLOSED, b"\0\0", lifetime=1), "A lifetime in a frame that is not sealed"),
    "closed": (frame(CLOSED, b"\0"), "The body of CLOSED has 2 bytes"),
    "refused": (frame(REFUSED, b"\0\1\xffno"), "REFUSED is cut short"),
    "refused-token": (frame(REFUSED, b"\0\1\0" + field(15, b"x")), "Missing: Verdict, Version, Suite"),
    "opened": (frame(OPENED, field(17, b"\1")), "Missing: Token, Suite"),
    "suite-1": (frame(OPENED, field(19, b"\0\1")), "Missing: Token, Version"),
    "token": (frame(SEALED, WRAP[:15]), "The token is cut short"),
    "nothing-sealed": (frame(SEALED, WRAP), "Nothing is sealed"),
    "other-token": (frame(SEALED, b"\4\4" + WRAP[2:] + b"x"), "This is no Wrap token of RFC 4121"),
    "rotated": (frame(SEALED, WRAP[:6] + b"\0\1" + WRAP[8:] + b"x"), "EC and RRC must be 0"),
    "flags": (frame(SEALED, WRAP[:2] + b"\2" + WRAP[3:] + b"x"), "Sealed and AcceptorSubkey are wanted, and nothing else"),
    "name": (opening(f5=b"d ns\x1b[2J"), "A name is 1 to 255 characters of printable ASCII without blanks"),
    "nonce": (opening(f9=bytes(31)), "Nonce has a wrong length"),
    "suites": (opening(f3=bytes(3)), "Suites has a wrong length"),
    "odd": (opening(f13=b"share"), "An unknown field with an odd number"),
    "cut": (opening()[:-1], "A field is cut short"),
    "cut-length": (opening() + b"\1\0", "A field is cut short"),
    "missing": (opening(f7=None), "Missing: Target"),
    "twice": (opening() + field(11, b"\1"), "Field 11 appears twice"),
    "large": (frame(SEALED, WRAP + bytes(70000)), "Larger than any frame may be"),
    "share": (opening(f24=bytes(31)), "Share has a wrong length"),
    "suite-2": (frame(OPENED, field(19, b"\0\2")), "Missing: Token, Version"),
    "cut-frame": (frame(SEALED, bytes(21)), "The frame is cut short"),
    "empty-frame": (frame(SEALED, bytes(22)), "Nothing is sealed"),
}
FINE = {"open": opening(), "shares": opening(f24=bytes(32), f26=bytes(1184)), "frame": frame(SEALED, bytes(40)),
        "even": opening(f14=b"?"), "sealed": frame(SEALED, WRAP + bytes(44), epoch=3, lifetime=5),
        "closed-code": frame(CLOSED, b"\0\x09"), "refused-code": frame(REFUSED, b"\0\x63\0"),
        # What a token holds is its mechanism's business.
        "kerberos": opening(f15=bytes.fromhex("60820500 0609 2a864886f712010202 0100 6e8204"))}


def packets(message, tsn):
    """IPv4, UDP, SCTP: a user message in DATA chunks of at most 1,400 bytes, a packet each."""
    pieces = [message[at:at + 1400] for at in range(0, len(message), 1400)]
    for number, piece in enumerate(pieces):
        flags = (2 if number == 0 else 0) | (1 if piece is pieces[-1] else 0)
        chunk = struct.pack(">BBHIHHI", 0, flags, 16 + len(piece), tsn + number, 1, tsn & 0xFFFF, FUNNEL) + piece
        sctp = bytearray(struct.pack(">HHII", 29899, 29899, 0x12345678, 0) + chunk + bytes(-len(chunk) % 4))
        sctp[8:12] = struct.pack("<I", middle.crc32c(sctp))
        udp = struct.pack(">HHHH", 9899, 9899, 8 + len(sctp), 0) + sctp
        yield struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x0A4D0001, 0x0A4D0002) + udp


def write_capture(path, messages):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 101))  # 101: begins with the IP header
        tsn = 1
        for second, message in enumerate(messages):
            for packet in packets(message, tsn):
                file.write(struct.pack("<IIII", second, 0, len(packet), len(packet)) + packet)
                tsn += 1
    return str(path)


def frames_of(path):
    """{second: all that is said of the frame that was sent then}."""
    out = {}
    for part in tshark(path, "-V").split("\nFrame ")[0:]:
        if "\nFunnel" in part:
            second = int(float(part.partition("Epoch Time: ")[2].split(" ")[0]))
            out[second] = part[part.index("\nFunnel"):]
    return out


def test_hostile_frames_are_reported_and_break_nothing(tmp_path):
    said = frames_of(write_capture(tmp_path / "hostile.pcap", [message for message, _ in HOSTILE.values()]))
    for second, (name, (_, wanted)) in enumerate(HOSTILE.items()):
        assert "[Expert Info (" in said[second] and wanted in said[second], f"{name}: {said[second]}"
        assert "\x1b" not in said[second]


def test_good_frames_are_not_complained_of(tmp_path):
    path = write_capture(tmp_path / "fine.pcap", FINE.values())
    assert set(frames_of(path)) == set(range(len(FINE)))
    assert not tshark(path, "-Y", "funnel.malformed || funnel.dropped || _ws.malformed")


SECRET, IV = bytes(range(32)), bytes(range(100, 112))
AEADS = {2: AESGCM, 3: AESGCM, 4: ChaCha20Poly1305, 5: ChaCha20Poly1305}
# A varint of each size; one record of each kind, with what is shown of it.
RECORDS = [
    (b"\1\5\4good", "DATAGRAM"), (b"\2\x0e\x40\xff\x80\1\0\0\7\4text", "MESSAGE"), (b"\3\5\3\1\1x", "OPEN_SESSION"),
    (b"\4\5\xc0" + bytes(6) + b"\1", "CREDIT"), (b"\5\7", "CHANNEL_CREDIT"), (b"\6\7", "SESSIONS"), (b"\7\5\0\2\7", "RESET"),
    (b"\x08\5", "END_SESSION"), (b"\x09" + bytes(8), "PING"), (b"\x0a" + bytes(8), "PONG"), (b"\x0b" + bytes(32), "CONFIRM"),
    (b"\x0c\0", "REKEY"), (b"\x0d\1\1", "NEW_EPOCH"), (b"\x0e\0\1\3bye", "FAREWELL"), (b"\x0f\1x", "HELLO"),
    (b"\x10\5\3\1\1x\4asks", "OPENING"),
    (b"\x82\3\1\1\1", "SHARE"), (b"\xff\1x", "record 255"), (bytes(5), "PADDING"),
]


def sealed(suite, records, sequence=7, epoch=3):
    clear = frame(SEALED, epoch=epoch)
    number = sequence.to_bytes(6, "big")
    nonce = IV[:6] + bytes(a ^ b for a, b in zip(IV[6:], number))
    plain = b"\1" + sequence.to_bytes(5, "big") + number + records
    return clear + number + AEADS[suite](SECRET).encrypt(nonce, plain, clear[:8] + number)


def with_keys(tmp_path, suite):
    path = tmp_path / f"keys-{suite}"
    wrong = f"{suite} 0000004d 3 initiator {'11' * 32} {IV.hex()}"
    right = f"{suite} 0000004d 3 acceptor {SECRET.hex()} {IV.hex()}"
    path.write_text(f"# one that does not fit, then the right one\n{wrong}\n{right}\nrubbish\n", encoding="ascii")
    return ["-o", f"funnel.key_log:{path}"]


@pytest.mark.parametrize("suite", AEADS)
def test_frames_of_every_suite_are_opened(tmp_path, suite):
    path = write_capture(tmp_path / "sealed.pcap", [sealed(suite, b"".join(raw for raw, _ in RECORDS)), sealed(suite, b"", epoch=4)])
    said = tshark(path, *with_keys(tmp_path, suite), "-V")
    assert "Sender: acceptor" in said and f": {', '.join(name for _, name in RECORDS)}\n" in said, said
    for shown in ("Payload: 676f6f64", "Payload: 74657874", "Payload: 61736b73", "Session: 255", "Number: 65536", "Number: 7", "Code: 2"):
        assert shown in said, (shown, said)
    assert said.count("[Expert Info (Note/Decryption): The key log has no key for it") == 1, "of another epoch"
    assert "Malformed" not in said


@pytest.mark.parametrize("records, wanted", [(b"\1\5\4goo", "A record is cut short"), (b"\1", "A record is cut short"),
                                             (b"\x64\1", "An unknown record")], ids=["cut", "short", "unknown"])
def test_wrong_records_are_reported(tmp_path, records, wanted):
    path = write_capture(tmp_path / "sealed.pcap", [sealed(2, records)])
    assert f"[Expert Info (Error/Malformed): {wanted}]" in tshark(path, *with_keys(tmp_path, 2), "-V")


def test_every_truncation_is_reported(tmp_path):
    """Each beginning of frames that are whole; beyond the header it is malformed, or shorter and still sound."""
    whole = [opening(), frame(OPENED, field(15, b"t") + field(17, b"\1") + field(19, b"\0\1")), frame(REFUSED, b"\0\1\2no"),
             frame(CLOSED, b"\0\0")]
    cut = [message[:size] for message in whole for size in range(1, len(message))]
    path = write_capture(tmp_path / "cut.pcap", cut)
    complained = tshark(path, "-Y", "funnel.malformed", "-T", "fields", "-e", "frame.number").split()
    assert len(complained) == len(cut) > 120
