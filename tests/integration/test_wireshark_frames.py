"""Our dissector of Wireshark (contrib/wireshark) and frames that no two nodes have sent: hostile ones, cut ones, and those that keys
of ours open. A capture is made of them here.
"""
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

import middle
from lab.capture import tshark

FUNNEL = 0x464E4C31
OPEN, OPENED, REFUSED, SEALED, CLOSED = range(1, 6)


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
    (b"\x82\3\1\1\1", "SHARE"), (b"\x83\4\1dns", "MODULE"), (b"\x84\1\x2e", "MARK"), (b"\x85\2\1\1", "SERVING"), (b"\xff\1x", "record 255"), (bytes(5), "PADDING"),
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
