// Kerberos over TCP (RFC 4120, section 7.2.2): four bytes of length, then the message.
//
//   0 1 | length 31 | message: APPLICATION tag, length, SEQUENCE, length, pvno, ...
//
// A client may send several requests, and "the KDC is not required to send the responses in the
// order of the corresponding requests": each message is free, in both directions.
//
// On TCP, changes of passwords (RFC 3244, section 2) have the same length before them. They write,
// and no answer names its request in the clear: they stay in order.
//
//   length 32 | length 16: the same | version 16 | length of AP-REQ or AP-REP 16 | that | KRB-PRIV
// Over UDP (section 7.2.1) a message is a datagram, without the length before it. A client repeats
// its request byte by byte, so equal bytes are a repetition.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

using funnel_modules::Load16;
using funnel_modules::Load32;

constexpr std::size_t kLengthSize = 4;
constexpr std::uint32_t kReservedBit = 0x80000000;
// So many bytes show what a message is: two headers of at most six bytes, and pvno.
constexpr std::size_t kPvnoSize = 5;
constexpr std::size_t kLeastSize = 2 + 2 + kPvnoSize;
constexpr std::size_t kHeadMax = kLengthSize + 6 + 6 + kPvnoSize;

// RFC 4120, section 5.10; with the context tag of pvno in each.
struct Row {
  std::uint8_t tag;
  funnel_end sender;
  std::uint8_t pvno_tag;
  const char* label;
};
constexpr Row kMessages[] = {
    {0x6A, FUNNEL_CLIENT, 0xA1, "AS request"},  {0x6B, FUNNEL_SERVER, 0xA0, "AS reply"},
    {0x6C, FUNNEL_CLIENT, 0xA1, "TGS request"}, {0x6D, FUNNEL_SERVER, 0xA0, "TGS reply"},
    {0x7E, FUNNEL_SERVER, 0xA0, "error"},
};
constexpr std::uint8_t kSequence = 0x30;

constexpr std::size_t kPasswordHeader = 6, kMaxPassword = 0xFFFF;
// RFC 3244, section 2; 1 is that of the older protocol, and of all answers.
constexpr unsigned kChangePassword = 1, kSetPassword = 0xFF80;

// The space of the only key.
constexpr std::uint32_t kOneSpace = 1;

enum class Got { kValue, kNeedMore, kWrong };

// Reads the DER header at BYTES, which must have TAG and whose content must end where
// SIZE_IN_MESSAGE bytes end, of which SIZE are there. Moves BYTES behind it.
Got SkipHeader(std::uint8_t tag, const std::uint8_t*& bytes, std::size_t& size,
               std::uint64_t& size_in_message) {
  if (size > 0 && bytes[0] != tag) return Got::kWrong;
  if (size < 2) return Got::kNeedMore;
  const std::size_t octets = bytes[1] < 0x80 ? 0 : bytes[1] & 0x7F;
  if (bytes[1] == 0x80 || octets > 4) return Got::kWrong;
  if (size < 2 + octets) return Got::kNeedMore;

  std::uint64_t length = octets == 0 ? bytes[1] : 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | bytes[2 + i];
  if (2 + octets + length != size_in_message) return Got::kWrong;
  bytes += 2 + octets;
  size -= 2 + octets;
  size_in_message = length;
  return Got::kValue;
}

// Checks the message at BYTES, of which SIZE of LENGTH bytes are there, against its ROW.
Got ReadMessage(const Row& row, const std::uint8_t* bytes, std::size_t size, std::uint64_t length) {
  for (const std::uint8_t tag : {row.tag, kSequence})
    if (const Got got = SkipHeader(tag, bytes, size, length); got != Got::kValue) return got;
  if (length < kPvnoSize) return Got::kWrong;
  const std::uint8_t pvno[kPvnoSize] = {row.pvno_tag, 3, 2, 1, 5};
  const std::size_t seen = std::min(size, kPvnoSize);
  if (!std::equal(bytes, bytes + seen, pvno)) return Got::kWrong;
  return seen == kPvnoSize ? Got::kValue : Got::kNeedMore;
}

Got ReadPassword(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
                 std::uint64_t length) {
  if (length > kMaxPassword) return Got::kWrong;
  if (size < kPasswordHeader) return Got::kNeedMore;
  const unsigned version = Load16(bytes + 2);
  const bool known =
      version == kChangePassword || (version == kSetPassword && sender == FUNNEL_CLIENT);
  const bool fits = Load16(bytes) == length && kPasswordHeader + Load16(bytes + 4) <= length;
  return known && fits ? Got::kValue : Got::kWrong;
}

class KerberosConnection {
 public:
  explicit KerberosConnection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    verdict.kind = FUNNEL_MISMATCH;
    if ((bytes[0] & kReservedBit >> 24) != 0) return;
    if (size <= kLengthSize) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }
    const std::uint64_t length = Load32(bytes);
    if (length < kLeastSize) return;

    // What follows the message is not part of it.
    const std::uint8_t* message = bytes + kLengthSize;
    const std::size_t there = std::min<std::uint64_t>(size - kLengthSize, length);
    const Row* row = std::ranges::find(kMessages, message[0], &Row::tag);
    const bool password = row == std::end(kMessages);
    if (!password && row->sender != sender) return;
    switch (password ? ReadPassword(sender, message, there, length)
                     : ReadMessage(*row, message, there, length)) {
      case Got::kWrong:
        return;
      case Got::kNeedMore:
        verdict.kind = FUNNEL_NEED_MORE;
        return;
      case Got::kValue:
        break;
    }
    funnel_modules::SetMessage(verdict, kLengthSize + length,
                               password ? "password change" : row->label);
    changes_ = changes_ || password;
    // If passwords are changed, an error may be the answer to such a request.
    if (changes_) funnel_modules::AddKey(verdict, 0, kOneSpace);
  }

 private:
  bool changes_ = false;  // a password change, or an answer to one, was seen
};

struct KerberosDatagram {
  static void Read(const funnel_modules::NoOptions&, funnel_end sender, const std::uint8_t* bytes,
                   std::size_t size, funnel_datagram& verdict) {
    if (size < kLeastSize) return;
    const Row* row = std::ranges::find(kMessages, bytes[0], &Row::tag);
    if (row == std::end(kMessages)) {
      if (ReadPassword(sender, bytes, size, size) == Got::kValue) verdict.label = "password change";
    } else if (row->sender == sender && ReadMessage(*row, bytes, size, size) == Got::kValue) {
      verdict.label = row->label;
    }
  }
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, KerberosConnection,
                                KerberosDatagram>::Make({
        .name = "kerberos",
        .summary = "Kerberos over TCP and UDP (RFC 4120, RFC 3244)",
        .head_max = kHeadMax,
    });
