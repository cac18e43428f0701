"""Wireshark's dissectors, written by others and our own (contrib/wireshark), read what two nodes say to each other.

    branch (a)                                          hoster (b)
    dig        -> funnel-udpd@dns  -+== capture: lan ==+- funnel-udpd@dns  -> nsd
    ldapsearch -> funnel-tcpd@ldap -+                  +- funnel-tcpd@ldap -> slapd

Both by the userland engine, over UDP and straight over IP; then frames that nobody should send.
"""
import struct

import pytest

import lab
import middle
from lab.capture import Capture, tshark

SCTPD = "funnel-sctpd"
SECRETS = ("this is host", "user7@example.test", "uid=user")
FUNNEL = 0x464E4C31
OPEN, OPENED, REFUSED, SEALED, CLOSED = range(1, 6)


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service(), lab.ldap_service()], with_nsd=True, with_slapd=True,
                       settings={"sctp": {"engine": "userland"}})
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
    assert captured.packets("funnel.type == 2 && funnel.chosen_version == 1 && funnel.suite == 2", "funnel.token")
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


def test_every_truncation_is_reported(tmp_path):
    """Each beginning of frames that are whole; beyond the header it is malformed, or shorter and still sound."""
    whole = [opening(), frame(OPENED, field(15, b"t") + field(17, b"\1") + field(19, b"\0\1")), frame(REFUSED, b"\0\1\2no"),
             frame(CLOSED, b"\0\0")]
    cut = [message[:size] for message in whole for size in range(1, len(message))]
    path = write_capture(tmp_path / "cut.pcap", cut)
    complained = tshark(path, "-Y", "funnel.malformed", "-T", "fields", "-e", "frame.number").split()
    assert len(complained) == len(cut) > 120
