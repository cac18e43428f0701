"""Prints vectors of the key schedule and the frames of suites above 1 (man/funnel-protocol.7), computed with Python's
cryptography: another implementation than the one under test."""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ENCTYPE = 20
SUBKEY = bytes(range(32))
CHANNEL, EPOCH = 0x01020304, 0
PLAINTEXT = bytes.fromhex("030000000000") + bytes(6) + b"records"
INITIATOR, ACCEPTOR = bytes([0x11]) * 32, bytes([0x22]) * 32
# Bodies as they are on the wire: OPEN without its hop limit, OPENED without its proof.
SUITE_FIELD = {2: "0002", 4: "0004"}


def field(number, value):
    return struct.pack(">BH", number, len(value)) + value


def block(value):
    return struct.pack(">I", len(value)) + value


def public(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def open_body(suite):
    return (field(1, b"\x01") + field(3, bytes.fromhex(SUITE_FIELD[suite] + "0001")) + field(5, b"dns") +
            field(7, b"hoster.example") + field(9, bytes([9]) * 32) + field(24, public(INITIATOR)) + field(15, b"AP-REQ"))


def opened_body(suite, proof=b""):
    return (field(17, b"\x01") + field(19, bytes.fromhex(SUITE_FIELD[suite])) + field(28, public(ACCEPTOR)) +
            (field(34, proof) if proof else b"") + field(15, b"AP-REP"))


def hmac384(key, message):
    return hmac.new(key, message, hashlib.sha384).digest()


def proof_of(suite):
    key = hmac384(SUBKEY, b"Funnel 1 OPENED proof\0" + struct.pack(">H", ENCTYPE))
    return hmac384(key, b"Funnel 1 proof" + block(open_body(suite)) + block(opened_body(suite)))


def schedule(suite):
    shared = X25519PrivateKey.from_private_bytes(INITIATOR).exchange(X25519PublicKey.from_public_bytes(public(ACCEPTOR)))
    transcript = b"Funnel 1 keys" + block(open_body(suite)) + block(opened_body(suite, proof_of(suite)))
    extracted = hmac384(hashlib.sha384(transcript).digest(), SUBKEY + shared)

    def expand(label, size):
        info = label.encode() + b"\0" + struct.pack(">H", suite)
        return HKDFExpand(algorithm=hashes.SHA384(), length=size, info=info).derive(extracted)
    return {"transcript": transcript, "shared": shared,
            "initiator key": expand("Funnel 1 initiator key", 32), "initiator IV": expand("Funnel 1 initiator IV", 12),
            "acceptor key": expand("Funnel 1 acceptor key", 32), "acceptor IV": expand("Funnel 1 acceptor IV", 12),
            "CONFIRM": expand("Funnel 1 CONFIRM", 32), "exporter": expand("Funnel 1 exporter", 32)}


def frame(suite, keys, role, sequence):
    aead = {2: AESGCM, 4: ChaCha20Poly1305}[suite](keys[role + " key"])
    clear = struct.pack(">BBHI", 4, 1, EPOCH, CHANNEL)
    number = sequence.to_bytes(6, "big")
    nonce = (int.from_bytes(keys[role + " IV"], "big") ^ sequence).to_bytes(12, "big")
    return number + aead.encrypt(nonce, PLAINTEXT, clear + number)


def lines():
    yield "subkey", SUBKEY
    yield "initiator share", public(INITIATOR)
    yield "acceptor share", public(ACCEPTOR)
    yield "plaintext", PLAINTEXT
    for suite in SUITE_FIELD:
        yield f"suite {suite} OPEN", open_body(suite)
        yield f"suite {suite} OPENED", opened_body(suite, proof_of(suite))
        yield f"suite {suite} proof", proof_of(suite)
        keys = schedule(suite)
        for name, value in keys.items():
            yield f"suite {suite} {name}", value
        for role in "initiator", "acceptor":
            for sequence in 0, 258:
                yield f"suite {suite} {role} frame {sequence}", frame(suite, keys, role, sequence)


def text():
    return "".join(f"{name}: {value.hex()}\n" for name, value in lines())


if __name__ == "__main__":
    print(text(), end="")
