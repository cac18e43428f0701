// The records inside a sealed frame. Each is a kind (8 bit), then fields; integers are varints
// unless a width is given (man/funnel-protocol.7, SEALED RECORDS). Views point into the frame that
// was parsed.
#pragma once

#include <optional>
#include <variant>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/wire/frame/serving.h"
#include "common/wire/frame/types.h"
#include "common/wire/frame/varint.h"

namespace funnel::wire {

enum class RecordKind : std::uint8_t {
  kPadding = 0,
  kDatagram = 1,
  kMessage = 2,
  kOpenSession = 3,
  kCredit = 4,
  kChannelCredit = 5,
  kSessions = 6,
  kReset = 7,
  kEndSession = 8,
  kPing = 9,
  kPong = 10,
  kConfirm = 11,
  kRekey = 12,
  kNewEpoch = 13,
  kFarewell = 14,
  kHello = 15,
  kOpening = 16,  // Feature::kOpenings
  // From here on: length, bytes; skipped by who does not know them.
  kFirstSkippable = 128,
  kShare = 130,
  kModule = 131,  // Feature::kModules
  kMark = 132,
  kServing = 133,  // Feature::kServing
};

constexpr std::size_t kMaxDatagramSize = 65507;
constexpr std::size_t kConfirmSize = 32;
// What a MESSAGE costs of credit beyond its bytes.
constexpr std::uint64_t kMessageCost = 32;

// Zero bytes to the end of the frame.
struct PaddingRecord {};

//   session, length, bytes
struct DatagramRecord {
  SessionId session;
  ByteView bytes;
};

//   flags 8 (bits 0-1: order; 2: MORE; 3: FIN), session, number, [distance if FOLLOWS], length,
//   bytes
struct MessageRecord {
  Order order = Order::kOrdered;
  bool more = false;
  bool fin = false;
  SessionId session;
  std::uint64_t number = 0;
  std::uint64_t distance = 0;
  ByteView bytes;
};

//   session, length of the TLVs, TLVs (type 8, length 8, value): 1 client address, 2 local address,
//   3 target (Feature::kTargets), 5 flow of a command (Feature::kCommands), 7 streams
//   (Feature::kAssociations)
struct OpenSessionRecord {
  SessionId session;
  SessionInfo info;
};

// Both in one, so that the first datagram of a flow that arrives opens it, even if earlier ones
// were lost.
//   session, length of the TLVs, TLVs as of OPEN_SESSION, length, bytes of a datagram
struct OpeningRecord {
  SessionId session;
  SessionInfo info;
  ByteView bytes;
};

//   session, absolute limit
struct CreditRecord {
  SessionId session;
  std::uint64_t limit = 0;
};

struct ChannelCreditRecord {
  std::uint64_t limit = 0;
};

struct SessionsRecord {
  std::uint64_t limit = 0;
};

//   session, code 16, all that the sender's messages of this session have cost
struct ResetRecord {
  SessionId session;
  EndCode code = EndCode::kNone;
  std::uint64_t final_charge = 0;
};

struct EndSessionRecord {
  SessionId session;
};

//   value 64
struct PingRecord {
  std::uint64_t value = 0;
};
struct PongRecord {
  std::uint64_t value = 0;
};

//   32 bytes
struct ConfirmRecord {
  ByteView hash;
};

//   length, token; empty: the rekey is refused
struct RekeyRecord {
  ByteView token;
};

// Ends the epoch before this one, in this direction: how many frames it had, and how many reliable.
struct NewEpochRecord {
  std::uint64_t frames = 0;
  std::uint64_t reliable = 0;
};

//   code 16, length, text
struct FarewellRecord {
  EndCode code = EndCode::kNone;
  std::string_view text;
};

//   length, TLVs (hello.h)
struct HelloRecord {
  ByteView body;
};

// A request of a receiver that runs short of room. It says how much of its credit a session should
// use before what it sent is known to be consumed: one figure for sessions whose reader has not
// read lately, one for those whose reader has. Frames overtake each other, so the greatest serial
// counts.
//   length, serial, fresh, reading
constexpr std::uint64_t kUnlimitedShare = (std::uint64_t{1} << 62) - 1;
struct ShareRecord {
  std::uint64_t serial = 0;
  std::uint64_t fresh = kUnlimitedShare;
  std::uint64_t reading = kUnlimitedShare;
};

// Which protocol module reads what the sender's own application sends: that end alone decides about
// its order. Once, as soon as the sender may seal.
//   length, ABI of modules/module.h (0: none is loaded), name (the rest; empty: none is configured)
constexpr std::size_t kMaxModuleName = 63;
struct ModuleRecord {
  std::uint64_t abi = 0;
  std::string_view name;  // [a-z0-9-]
};

// How the packet was marked in which the sender got the DATAGRAM, or OPENING, that follows in the
// same frame: its DSCP (RFC 2474), never 0, which is what a datagram without MARK had.
//   length, DSCP 8
constexpr std::size_t kMarkSize = 3;
constexpr std::uint8_t kMaxDscp = 63;
struct MarkRecord {
  std::uint8_t dscp = 0;
};

// From the acceptor, at each change; the greatest serial counts.
//   length, serial, state
struct ServingRecord {
  std::uint64_t serial = 0;
  Serving state = Serving::kYes;
};

struct SkippedRecord {};

using Record = std::variant<PaddingRecord, DatagramRecord, MessageRecord, OpenSessionRecord,
                            CreditRecord, ChannelCreditRecord, SessionsRecord, ResetRecord,
                            EndSessionRecord, PingRecord, PongRecord, ConfirmRecord, RekeyRecord,
                            NewEpochRecord, FarewellRecord, HelloRecord, OpeningRecord, ShareRecord,
                            ModuleRecord, MarkRecord, ServingRecord, SkippedRecord>;

// Reads one record and moves READER behind it. An error is a violation by an authenticated peer.
[[nodiscard]] Result<Record> ParseRecord(ByteReader& reader);

// The two records of most payload are written field by field, ahead of their bytes.
constexpr std::size_t kMaxDatagramHeader = 1 + 2 * kMaxVarintSize;
constexpr std::size_t kMaxMessageHeader = 2 + 4 * kMaxVarintSize;
[[nodiscard]] std::size_t DatagramHeaderSize(SessionId session, std::size_t length);
std::uint8_t* StoreDatagramHeader(std::uint8_t* out, SessionId session, std::size_t length);
// RECORD.bytes gives the length; the bytes themselves are the caller's to place.
[[nodiscard]] std::size_t MessageHeaderSize(const MessageRecord& record);
std::uint8_t* StoreMessageHeader(std::uint8_t* out, const MessageRecord& record);

// All others are appended whole; a DATAGRAM where it belongs to one of them.
void AppendRecord(Bytes& out, const DatagramRecord& record);
void AppendRecord(Bytes& out, const OpenSessionRecord& record);
void AppendRecord(Bytes& out, const OpeningRecord& record);
void AppendRecord(Bytes& out, const CreditRecord& record);
void AppendRecord(Bytes& out, const ChannelCreditRecord& record);
void AppendRecord(Bytes& out, const SessionsRecord& record);
void AppendRecord(Bytes& out, const ResetRecord& record);
void AppendRecord(Bytes& out, const EndSessionRecord& record);
void AppendRecord(Bytes& out, const PingRecord& record);
void AppendRecord(Bytes& out, const PongRecord& record);
void AppendRecord(Bytes& out, const ConfirmRecord& record);
void AppendRecord(Bytes& out, const RekeyRecord& record);
void AppendRecord(Bytes& out, const NewEpochRecord& record);
void AppendRecord(Bytes& out, const FarewellRecord& record);
void AppendRecord(Bytes& out, const HelloRecord& record);
// skippable_records.cc: those from kFirstSkippable up.
void AppendRecord(Bytes& out, const ShareRecord& record);
void AppendRecord(Bytes& out, const ModuleRecord& record);
void AppendRecord(Bytes& out, const MarkRecord& record);
void AppendRecord(Bytes& out, const ServingRecord& record);
// KIND is from kFirstSkippable up; FIELDS are what stands behind its length.
[[nodiscard]] Result<Record> ReadSkippable(std::uint8_t kind, ByteView fields);

}  // namespace funnel::wire
