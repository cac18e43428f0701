// DNS over TCP (RFC 1035, section 4.2.2; RFC 7766): each message comes after two bytes with its
// length. Over UDP each is a datagram, without them.
//
//   length 16 | id 16 | QR 1 opcode 4 AA TC RD RA Z AD CD rcode 4 | QDCOUNT 16 | ANCOUNT | NSCOUNT
//   | ARCOUNT
//
// A server may answer pipelined queries in any order, and a client matches answers by id (RFC 7766,
// section 7). So messages of one id stay in order, which also keeps zone transfers and TSIG
// sequences in order, and all others are free. An update (RFC 2136) is a write: it follows what the
// client sent before, and what the client sends later follows it.
//
// DNS Stateful Operations (RFC 8490) change all that: a connection that begins them becomes a
// stream.
//
// Over UDP a query is a repetition of an earlier one if id, flags, question and EDNS are the same:
// a retry without EDNS, or with another size of buffer, is another question. Only the padding
// (RFC 7830) may differ. What has other records (an update, a signature) is compared byte by byte.
#include <cstddef>
#include <cstdint>

#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

using funnel_modules::AddKey;
using funnel_modules::Load16;

constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kHeaderSize = 12;
// The smallest entry of a section: the root's name, with type and class; a record also has TTL and
// the length of its data.
constexpr std::size_t kLeastQuestion = 5, kLeastRecord = 11;

enum Opcode : unsigned { kQuery = 0, kStatus = 2, kNotify = 4, kUpdate = 5, kStateful = 6 };

// Spaces of keys.
enum : std::uint32_t { kIdSpace = 1, kWriteSpace = 2 };

struct Header {
  unsigned id, opcode, rcode, questions;
  std::size_t records;
  bool answer, reserved;

  explicit Header(const std::uint8_t* at)
      : id(Load16(at)),
        opcode(at[2] >> 3 & 0xf),
        rcode(at[3] & 0xf),
        questions(Load16(at + 4)),
        records(std::size_t{Load16(at + 6)} + Load16(at + 8) + Load16(at + 10)),
        answer((at[2] & 0x80) != 0),
        reserved((at[3] & 0x40) != 0) {}
};

// Whether HEADER, of a message of LENGTH, is one that SENDER sends.
bool IsRecognised(const Header& header, std::size_t length, funnel_end sender) {
  if (header.answer != (sender == FUNNEL_SERVER) || header.reserved) return false;
  if (!header.answer && header.rcode != 0) return false;
  switch (header.opcode) {
    case kQuery:  // without a question: to learn a cookie (RFC 7873, section 5.4)
    case kStatus:
    case kNotify:
    case kUpdate:
      break;
    default:
      return false;
  }
  // An answer to something malformed may repeat no question.
  if (header.questions > 1 || (header.opcode == kUpdate && !header.answer && header.questions == 0))
    return false;
  return kHeaderSize + header.questions * kLeastQuestion + header.records * kLeastRecord <= length;
}

const char* LabelOf(const Header& header) {
  switch (header.opcode) {
    case kNotify:
      return header.answer ? "answer to notify" : "notify";
    case kUpdate:
      return header.answer ? "answer to update" : "update";
    default:
      return header.answer ? "answer" : "query";
  }
}

// There is no state from message to message.
struct Connection {
  explicit Connection(const funnel_modules::NoOptions&) {}
  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict);
};

void Connection::Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
                      funnel_verdict& verdict) {
  if (size < kLengthSize + kHeaderSize) {
    verdict.kind = FUNNEL_NEED_MORE;
    // A length of less than a header can never become a message.
    if (size >= kLengthSize && Load16(bytes) < kHeaderSize) verdict.kind = FUNNEL_MISMATCH;
    return;
  }

  const std::size_t length = Load16(bytes);
  const Header header(bytes + kLengthSize);
  if (length >= kHeaderSize && header.opcode == kStateful) {
    verdict.kind = FUNNEL_STREAM;
    return;
  }
  if (length < kHeaderSize || !IsRecognised(header, length, sender)) {
    verdict.kind = FUNNEL_MISMATCH;
    return;
  }

  funnel_modules::SetMessage(verdict, kLengthSize + length, LabelOf(header));
  funnel_modules::SetNumber(verdict, header.id);
  AddKey(verdict, header.id, kIdSpace);
  if (sender == FUNNEL_CLIENT)
    AddKey(verdict, 0, kWriteSpace, header.opcode == kUpdate ? FUNNEL_EXCLUSIVE : FUNNEL_SHARED);
}

constexpr unsigned kOptType = 41;        // RFC 6891
constexpr unsigned kPaddingOption = 12;  // RFC 7830
constexpr std::size_t kQuestionTail = 4, kOptHead = 11;

// The end of the name at OFFSET, which must be written out; 0: it is none.
std::size_t EndOfName(const std::uint8_t* bytes, std::size_t size, std::size_t offset) {
  constexpr std::uint8_t kMaxLabel = 63;
  while (offset < size && bytes[offset] != 0) {
    if (bytes[offset] > kMaxLabel) return 0;
    offset += 1u + bytes[offset];
  }
  return offset < size ? offset + 1 : 0;
}

// Adds the options of EDNS to HASH; false: they do not fill the record.
bool HashOptions(const std::uint8_t* bytes, std::size_t size, std::uint64_t& hash) {
  while (size > 0) {
    const std::size_t length = size < 4 ? size : 4u + Load16(bytes + 2);
    if (size < 4 || length > size) return false;
    if (Load16(bytes) != kPaddingOption)
      hash = funnel_modules::Hash({reinterpret_cast<const char*>(bytes), length}, hash);
    bytes += length;
    size -= length;
  }
  return true;
}

// Sets the key of a query with one question and at most EDNS besides; otherwise there is none.
void SetResendKey(const std::uint8_t* bytes, std::size_t size, funnel_datagram& verdict) {
  const std::size_t name = EndOfName(bytes, size, kHeaderSize);
  const std::size_t end = name + kQuestionTail;
  if (name == 0 || end > size) return;
  const char* text = reinterpret_cast<const char*>(bytes);
  std::uint64_t options = funnel_modules::kNoName;
  const bool edns = Load16(bytes + 10) == 1;
  if (edns) {
    const std::uint8_t* opt = bytes + end;
    if (size < end + kOptHead || opt[0] != 0 || Load16(opt + 1) != kOptType) return;
    const std::size_t length = Load16(opt + 9);
    if (end + kOptHead + length != size) return;
    options = funnel_modules::Hash({text + end, 9}, options);
    if (!HashOptions(opt + kOptHead, length, options)) return;
  } else if (end != size) {
    return;
  }

  funnel_modules::AddToResendKey(verdict, bytes, 4);
  funnel_modules::AddHashToResendKey(verdict, {text + kHeaderSize, end - kHeaderSize});
  funnel_modules::AddToResendKey(verdict, edns ? options : 0);
}

struct Datagram {
  static void Read(const funnel_modules::NoOptions&, funnel_end sender, const std::uint8_t* bytes,
                   std::size_t size, funnel_datagram& verdict) {
    if (size < kHeaderSize) return;
    const Header header(bytes);
    if (!IsRecognised(header, size, sender)) return;
    verdict.label = LabelOf(header);
    funnel_modules::SetNumber(verdict, header.id);
    const bool plain = header.records == (Load16(bytes + 10) == 1 ? 1 : 0);
    if (!header.answer && header.opcode == kQuery && header.questions == 1 && plain)
      SetResendKey(bytes, size, verdict);
  }
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, Connection, Datagram>::Make({
        .name = "dns",
        .summary = "DNS over TCP (RFC 7766) and UDP (RFC 1035)",
        .head_max = kLengthSize + kHeaderSize,
    });
