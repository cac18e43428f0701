"""SIMCO 3.0's messages, by the text of RFC 4540 (sections 4 and 5), for the agent and the middlebox of the tests."""
import dataclasses
import ipaddress
import struct

HEADER = struct.Struct(">HHI")  # basic type and sub-type, length of what follows, transaction identifier

SE, SA, ST = 0x0101, 0x0102, 0x0103
PRR, PER, PEA, PDR, PLC, PRS, PRL = 0x0111, 0x0112, 0x0113, 0x0114, 0x0115, 0x0121, 0x0122
SE_REPLY, SA_REPLY, ST_REPLY = 0x0201, 0x0202, 0x0203
PRR_REPLY, PER_REPLY, PDR_REPLY, PLC_REPLY, PRD_REPLY = 0x0211, 0x0212, 0x0214, 0x0215, 0x0216
PRS_REPLY, PRL_REPLY, PES_REPLY, PDS_REPLY = 0x0221, 0x0222, 0x0223, 0x0224
WRONG_BASIC_TYPE, WRONG_SUB_TYPE, BADLY_FORMED, NOT_APPLICABLE = 0x0310, 0x0311, 0x0312, 0x0320
VERSION_MISMATCH, AUTHENTICATION_FAILED = 0x0322, 0x0323
NO_SUCH_RULE, CONFIGURATION_FAILED, INCONSISTENT, CONFLICT, ALREADY_ENABLED = 0x0343, 0x034A, 0x034B, 0x0350, 0x0357
BFM, AST, ARE = 0x0401, 0x0402, 0x0403
REQUESTS, REPLIES, REFUSALS, NOTIFICATIONS = 0x01, 0x02, 0x03, 0x04  # basic types

VERSION, CHALLENGE, TOKEN, CAPABILITIES, PID, GID, LIFETIME, OWNER, TUPLE, PRR_SET, PER_SET = range(1, 12)
SIZES = {VERSION: (4,), CHALLENGE: range(4097), TOKEN: range(4097), CAPABILITIES: (8,), PID: (4,), GID: (4,), LIFETIME: (4,),
         OWNER: range(256), TUPLE: (4, 12, 24), PRR_SET: (4,), PER_SET: (4,)}
# Of each message: attributes, and how many of them there may be.
ONE, MAYBE, TWO, ANY = (1,), (0, 1), (2,), range(8192)
STATUS = {PID: ONE, GID: ONE, LIFETIME: ONE, TUPLE: (1, 2)}
FORMATS = {
    SE: {VERSION: ONE, CHALLENGE: MAYBE}, SA: {TOKEN: MAYBE}, ST: {},
    PRR: {PRR_SET: ONE, LIFETIME: ONE, GID: MAYBE},
    PER: {PER_SET: ONE, TUPLE: TWO, LIFETIME: ONE, GID: MAYBE},
    PEA: {PER_SET: ONE, TUPLE: TWO, LIFETIME: ONE, PID: ONE},
    PDR: {TUPLE: TWO, LIFETIME: ONE}, PLC: {PID: ONE, LIFETIME: ONE}, PRS: {PID: ONE}, PRL: {},
    SE_REPLY: {CAPABILITIES: ONE}, SA_REPLY: {CHALLENGE: MAYBE, TOKEN: MAYBE}, ST_REPLY: {},
    PRR_REPLY: STATUS, PER_REPLY: STATUS | {TUPLE: TWO}, PDR_REPLY: {PID: ONE, LIFETIME: ONE}, PLC_REPLY: {LIFETIME: ONE}, PRD_REPLY: {},
    PRS_REPLY: STATUS | {OWNER: ONE}, PRL_REPLY: {PID: ANY}, PES_REPLY: STATUS | {PER_SET: ONE, TUPLE: (4,), OWNER: ONE},
    PDS_REPLY: {PID: ONE, TUPLE: TWO, LIFETIME: ONE, OWNER: ONE},
    VERSION_MISMATCH: {VERSION: ONE}, BFM: {}, AST: {}, ARE: {PID: ONE, LIFETIME: ONE},
}
INTERNAL, INSIDE, OUTSIDE, EXTERNAL = range(4)
INBOUND, OUTBOUND, BOTH_WAYS = 1, 2, 3
UDP = 17
OUR_VERSION = bytes((3, 0, 0, 0))


class BadlyFormed(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """An address tuple; of a firewall that translates nothing. Port 0 stands for any."""
    address: str = ""  # "": protocols only
    port: int = 0
    prefix: int = 32
    protocol: int = UDP
    ports: int = 1

    def pack(self, location):
        if not self.address:
            return bytes((0x11, self.prefix, self.protocol, location))
        address = ipaddress.ip_address(self.address)
        form = 1 if address.version == 4 else 2
        return struct.pack(">BBBBHH", form, self.prefix, self.protocol, location, self.port, self.ports) + address.packed

    @classmethod
    def unpack(cls, value):
        """The tuple, and its location."""
        form, prefix, protocol, location = value[:4]
        if len(value) == 4:
            return cls(prefix=prefix, protocol=protocol), location
        if form != {12: 1, 24: 2}[len(value)]:
            raise BadlyFormed(f"address tuple {value.hex()}")
        port, ports = struct.unpack(">HH", value[4:8])
        return cls(str(ipaddress.ip_address(value[8:])), port, prefix, protocol, ports), location


@dataclasses.dataclass
class Message:
    kind: int
    tid: int
    attributes: list  # of (type, value)

    def all(self, kind):
        return [value for one, value in self.attributes if one == kind]

    def number(self, kind):
        """The attribute's value, or None."""
        values = self.all(kind)
        return struct.unpack(">I", values[0])[0] if values else None

    def tuples(self):
        return {location: endpoint for endpoint, location in map(Endpoint.unpack, self.all(TUPLE))}

    def pack(self):
        body = b"".join(struct.pack(">HH", kind, len(value)) + value for kind, value in self.attributes)
        return HEADER.pack(self.kind, len(body), self.tid) + body


def number(kind, value):
    return kind, struct.pack(">I", value)


def check_format(kind, attributes):
    """Section 6: types and numbers of a message's attributes."""
    allowed = FORMATS.get(kind, {})
    counts = dict.fromkeys(allowed, 0)
    for one, value in attributes:
        if one not in counts or len(value) not in SIZES[one]:
            raise BadlyFormed(f"{kind:#06x} with attribute {one} of {len(value)} bytes")
        counts[one] += 1
    wrong = [one for one, count in counts.items() if count not in allowed[one]]
    if wrong or (kind == SA_REPLY and not attributes):
        raise BadlyFormed(f"{kind:#06x} with so many attributes: {counts}")


class Stream:
    """Messages out of a connection's bytes."""

    def __init__(self):
        self.bytes = b""

    def add(self, more):
        self.bytes += more

    def __iter__(self):
        return self

    def __next__(self):
        """The next whole message. BadlyFormed has its header as `.header`, and it is gone from the stream."""
        if len(self.bytes) < HEADER.size:
            raise StopIteration
        kind, size, tid = HEADER.unpack_from(self.bytes)
        if len(self.bytes) < HEADER.size + size:
            raise StopIteration
        body, self.bytes = self.bytes[HEADER.size:HEADER.size + size], self.bytes[HEADER.size + size:]
        message = Message(kind, tid, [])
        try:
            while body:
                one, length = struct.unpack_from(">HH", body) if len(body) >= 4 else (0, 0)
                if not one or len(body) < 4 + length:
                    raise BadlyFormed("attributes do not fill the message")
                message.attributes.append((one, body[4:4 + length]))
                body = body[4 + length:]
            check_format(kind, message.attributes)
        except BadlyFormed as error:
            error.header = (kind, tid)
            raise
        return message
