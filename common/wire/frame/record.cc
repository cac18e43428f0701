#include "common/wire/frame/record.h"

#include <algorithm>

#include "common/wire/frame/session_info.h"

namespace funnel::wire {
namespace {

constexpr std::uint8_t kOrderMask = 0x03;
constexpr std::uint8_t kMoreFlag = 0x04;
constexpr std::uint8_t kFinFlag = 0x08;
constexpr std::uint8_t kKnownFlags = kOrderMask | kMoreFlag | kFinFlag;

#define FIELD(read)                                                   \
  ({                                                                  \
    auto field_ = (read);                                             \
    if (!field_) return Fail("record is cut short or badly encoded"); \
    *field_;                                                          \
  })

std::optional<ByteView> ReadBlock(ByteReader& reader) {
  auto length = ReadVarint(reader);
  if (!length || *length > reader.remaining()) return std::nullopt;
  return reader.Take(*length);
}

std::optional<SessionId> ReadSession(ByteReader& reader) {
  auto value = ReadVarint(reader);
  if (!value) return std::nullopt;
  return SessionId(*value);
}

Result<Record> ParsePadding(ByteReader& reader) {
  const ByteView rest = reader.Rest();
  if (std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; }))
    return Fail("padding is not zero");
  return PaddingRecord{};
}

Result<Record> ParseDatagram(ByteReader& reader) {
  DatagramRecord record;
  record.session = FIELD(ReadSession(reader));
  record.bytes = FIELD(ReadBlock(reader));
  if (record.bytes.size() > kMaxDatagramSize) return Fail("datagram is too long");
  return record;
}

Result<Record> ParseMessage(ByteReader& reader) {
  const std::uint8_t flags = FIELD(reader.U8());
  if (flags & ~kKnownFlags) return Fail("message has unknown flags");
  MessageRecord record;
  record.order = static_cast<Order>(flags & kOrderMask);
  record.more = flags & kMoreFlag;
  record.fin = flags & kFinFlag;
  record.session = FIELD(ReadSession(reader));
  record.number = FIELD(ReadVarint(reader));
  if (record.order == Order::kFollows) record.distance = FIELD(ReadVarint(reader));
  record.bytes = FIELD(ReadBlock(reader));
  return record;
}

Result<Record> ParseOpenSession(ByteReader& reader) {
  OpenSessionRecord record;
  record.session = FIELD(ReadSession(reader));
  record.info = TRY(ParseSessionInfo(FIELD(ReadBlock(reader))));
  return record;
}

Result<Record> ParseOpening(ByteReader& reader) {
  OpeningRecord record;
  record.session = FIELD(ReadSession(reader));
  record.info = TRY(ParseSessionInfo(FIELD(ReadBlock(reader))));
  record.bytes = FIELD(ReadBlock(reader));
  if (record.bytes.size() > kMaxDatagramSize) return Fail("datagram is too long");
  return record;
}

Result<Record> ParseReset(ByteReader& reader) {
  ResetRecord record;
  record.session = FIELD(ReadSession(reader));
  record.code = static_cast<EndCode>(FIELD(reader.U16()));
  record.final_charge = FIELD(ReadVarint(reader));
  return record;
}

Result<Record> ParseCredit(ByteReader& reader) {
  CreditRecord record;
  record.session = FIELD(ReadSession(reader));
  record.limit = FIELD(ReadVarint(reader));
  return record;
}

Result<Record> ParseNewEpoch(ByteReader& reader) {
  NewEpochRecord record;
  record.frames = FIELD(ReadVarint(reader));
  record.reliable = FIELD(ReadVarint(reader));
  return record;
}

Result<Record> ParseFarewell(ByteReader& reader) {
  FarewellRecord record;
  record.code = static_cast<EndCode>(FIELD(reader.U16()));
  record.text = AsText(FIELD(ReadBlock(reader)));
  return record;
}

Result<Record> ParseLater(ByteReader& reader, std::uint8_t kind) {
  if (kind < static_cast<std::uint8_t>(RecordKind::kFirstSkippable))
    return Fail("unknown record " + std::to_string(kind));
  return ReadSkippable(kind, FIELD(ReadBlock(reader)));
}

void PutVarint(Bytes& out, std::uint64_t value) {
  std::uint8_t raw[kMaxVarintSize];
  out.insert(out.end(), raw, StoreVarint(raw, value));
}

template <int kWidth>
void PutInteger(Bytes& out, std::uint64_t value) {
  std::uint8_t raw[kWidth];
  StoreBigEndian<kWidth>(raw, value);
  out.insert(out.end(), raw, raw + kWidth);
}

void PutBytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void PutBlock(Bytes& out, ByteView bytes) {
  PutVarint(out, bytes.size());
  PutBytes(out, bytes);
}

void PutKind(Bytes& out, RecordKind kind) { out.push_back(static_cast<std::uint8_t>(kind)); }

std::uint8_t FlagsOf(const MessageRecord& record) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(record.order) |
                                   (record.more ? kMoreFlag : 0) | (record.fin ? kFinFlag : 0));
}

}  // namespace

Result<Record> ParseRecord(ByteReader& reader) {
  const std::uint8_t kind = FIELD(reader.U8());

  switch (static_cast<RecordKind>(kind)) {
    case RecordKind::kPadding:
      return ParsePadding(reader);
    case RecordKind::kDatagram:
      return ParseDatagram(reader);
    case RecordKind::kMessage:
      return ParseMessage(reader);
    case RecordKind::kOpenSession:
      return ParseOpenSession(reader);
    case RecordKind::kCredit:
      return ParseCredit(reader);
    case RecordKind::kChannelCredit:
      return ChannelCreditRecord{FIELD(ReadVarint(reader))};
    case RecordKind::kSessions:
      return SessionsRecord{FIELD(ReadVarint(reader))};
    case RecordKind::kReset:
      return ParseReset(reader);
    case RecordKind::kEndSession:
      return EndSessionRecord{FIELD(ReadSession(reader))};
    case RecordKind::kPing:
      return PingRecord{FIELD(reader.U64())};
    case RecordKind::kPong:
      return PongRecord{FIELD(reader.U64())};
    case RecordKind::kConfirm:
      return ConfirmRecord{FIELD(reader.Take(kConfirmSize))};
    case RecordKind::kRekey:
      return RekeyRecord{FIELD(ReadBlock(reader))};
    case RecordKind::kNewEpoch:
      return ParseNewEpoch(reader);
    case RecordKind::kFarewell:
      return ParseFarewell(reader);
    case RecordKind::kHello:
      return HelloRecord{FIELD(ReadBlock(reader))};
    case RecordKind::kOpening:
      return ParseOpening(reader);
    case RecordKind::kFirstSkippable:
    case RecordKind::kShare:
    case RecordKind::kModule:
    case RecordKind::kMark:
    case RecordKind::kServing:
      break;
  }
  return ParseLater(reader, kind);
}

std::size_t DatagramHeaderSize(SessionId session, std::size_t length) {
  return 1 + VarintSize(session.value()) + VarintSize(length);
}

std::uint8_t* StoreDatagramHeader(std::uint8_t* out, SessionId session, std::size_t length) {
  *out++ = static_cast<std::uint8_t>(RecordKind::kDatagram);
  return StoreVarint(StoreVarint(out, session.value()), length);
}

std::size_t MessageHeaderSize(const MessageRecord& record) {
  return 2 + VarintSize(record.session.value()) + VarintSize(record.number) +
         (record.order == Order::kFollows ? VarintSize(record.distance) : 0) +
         VarintSize(record.bytes.size());
}

std::uint8_t* StoreMessageHeader(std::uint8_t* out, const MessageRecord& record) {
  *out++ = static_cast<std::uint8_t>(RecordKind::kMessage);
  *out++ = FlagsOf(record);
  out = StoreVarint(StoreVarint(out, record.session.value()), record.number);
  if (record.order == Order::kFollows) out = StoreVarint(out, record.distance);
  return StoreVarint(out, record.bytes.size());
}

void AppendRecord(Bytes& out, const DatagramRecord& record) {
  PutKind(out, RecordKind::kDatagram);
  PutVarint(out, record.session.value());
  PutBlock(out, record.bytes);
}

void AppendRecord(Bytes& out, const OpenSessionRecord& record) {
  PutKind(out, RecordKind::kOpenSession);
  PutVarint(out, record.session.value());
  PutBlock(out, SerializeSessionInfo(record.info));
}

void AppendRecord(Bytes& out, const OpeningRecord& record) {
  PutKind(out, RecordKind::kOpening);
  PutVarint(out, record.session.value());
  PutBlock(out, SerializeSessionInfo(record.info));
  PutBlock(out, record.bytes);
}

void AppendRecord(Bytes& out, const CreditRecord& record) {
  PutKind(out, RecordKind::kCredit);
  PutVarint(out, record.session.value());
  PutVarint(out, record.limit);
}

void AppendRecord(Bytes& out, const ChannelCreditRecord& record) {
  PutKind(out, RecordKind::kChannelCredit);
  PutVarint(out, record.limit);
}

void AppendRecord(Bytes& out, const SessionsRecord& record) {
  PutKind(out, RecordKind::kSessions);
  PutVarint(out, record.limit);
}

void AppendRecord(Bytes& out, const ResetRecord& record) {
  PutKind(out, RecordKind::kReset);
  PutVarint(out, record.session.value());
  PutInteger<2>(out, static_cast<std::uint16_t>(record.code));
  PutVarint(out, record.final_charge);
}

void AppendRecord(Bytes& out, const EndSessionRecord& record) {
  PutKind(out, RecordKind::kEndSession);
  PutVarint(out, record.session.value());
}

void AppendRecord(Bytes& out, const PingRecord& record) {
  PutKind(out, RecordKind::kPing);
  PutInteger<8>(out, record.value);
}

void AppendRecord(Bytes& out, const PongRecord& record) {
  PutKind(out, RecordKind::kPong);
  PutInteger<8>(out, record.value);
}

void AppendRecord(Bytes& out, const ConfirmRecord& record) {
  PutKind(out, RecordKind::kConfirm);
  PutBytes(out, record.hash);
}

void AppendRecord(Bytes& out, const RekeyRecord& record) {
  PutKind(out, RecordKind::kRekey);
  PutBlock(out, record.token);
}

void AppendRecord(Bytes& out, const NewEpochRecord& record) {
  PutKind(out, RecordKind::kNewEpoch);
  PutVarint(out, record.frames);
  PutVarint(out, record.reliable);
}

void AppendRecord(Bytes& out, const FarewellRecord& record) {
  PutKind(out, RecordKind::kFarewell);
  PutInteger<2>(out, static_cast<std::uint16_t>(record.code));
  PutBlock(out, AsBytes(record.text));
}

void AppendRecord(Bytes& out, const HelloRecord& record) {
  PutKind(out, RecordKind::kHello);
  PutBlock(out, record.body);
}

}  // namespace funnel::wire
