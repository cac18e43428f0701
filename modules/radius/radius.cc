// RADIUS (RFC 2865), over TCP (RFC 6613) and over UDP: packets have their length in the header.
//
//   code 8 | identifier 8 | length 16 | authenticator 128 | attributes: type 8, length 8, value
//
// Requests of one connection do not depend on each other; an answer has its request's identifier
// (RFC 2865, section 3). An identifier is used again after its request was answered (RFC 6613,
// section 2.6.1), so packets of one identifier stay in order. What else stays in order:
//
//   Accounting-Request        with those of its Acct-Session-Id (start, interim, stop) and
//                             Acct-Multi-Session-Id; Accounting-On and -Off, and what is none of
//                             these, with all others (RFC 2866, section 5.1)
//   packets with a State      with those of the same one: a conversation of EAP (RFC 3579)
//   Disconnect-, CoA-Request  after all that was sent before: it changes what an Access-Accept or
//                             an earlier one began (RFC 5176), also on the way back (RFC 8559)
//
// Over UDP an Accounting-Request is sent until it arrives: a session's end is told once, and then
// repeated by few clients for long. A repetition of a request has its code, identifier and
// authenticator (RFC 5080, section 2.2.2).
//
// RADIUS in TLS (RFC 6614) does not follow this protocol, and does not look like it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

using funnel_modules::AddKey;
using funnel_modules::Load16;
using funnel_modules::Load32;

constexpr std::size_t kHeaderSize = 20;
// RFC 2865, section 3.
constexpr std::size_t kMaxSize = 4096;
constexpr std::size_t kAttributeHeader = 2;

enum Code : std::uint8_t {
  kAccountingRequest = 4,
  kDisconnectRequest = 40,
  kCoaRequest = 43,
};

// Who sends it; either end may ask for a change, and the other answers.
enum class From { kClient, kServer, kBoth };

struct Row {
  std::uint8_t code;
  From from;
  bool answer;
  const char* label;
};
constexpr Row kCodes[] = {
    {1, From::kClient, false, "access request"},
    {2, From::kServer, true, "access accept"},
    {3, From::kServer, true, "access reject"},
    {kAccountingRequest, From::kClient, false, "accounting request"},
    {5, From::kServer, true, "accounting response"},
    {11, From::kServer, true, "access challenge"},
    {12, From::kClient, false, "status request"},  // RFC 5997
    {kDisconnectRequest, From::kBoth, false, "disconnect request"},
    {41, From::kBoth, true, "disconnect ack"},
    {42, From::kBoth, true, "disconnect nak"},
    {kCoaRequest, From::kBoth, false, "change request"},
    {44, From::kBoth, true, "change ack"},
    {45, From::kBoth, true, "change nak"},
    {52, From::kBoth, true, "protocol error"},  // RFC 7930
};

enum Attribute : std::uint8_t {
  kState = 24,
  kAcctStatusType = 40,
  kAcctSessionId = 44,
  kAcctMultiSessionId = 50,
};
// RFC 2866, section 5.1: of one session.
enum AcctStatus : std::uint32_t { kStart = 1, kStop = 2, kInterimUpdate = 3 };

// Spaces of keys.
enum Space : std::uint32_t {
  kRequestSpace = 1,
  kAnswerSpace = 2,
  kStateSpace = 3,
  kSessionSpace = 4,
  kMultiSessionSpace = 5,
  kAccountingSpace = 6,
};

// nullptr: SENDER never sends such a packet.
const Row* Recognise(std::uint8_t code, funnel_end sender) {
  const Row* row = std::ranges::find(kCodes, code, &Row::code);
  if (row == std::end(kCodes)) return nullptr;
  const bool sends =
      row->from == From::kBoth || (row->from == From::kClient) == (sender == FUNNEL_CLIENT);
  return sends ? row : nullptr;
}

// The attributes of a packet that matter for the order.
class Attributes {
 public:
  // False: they do not fill BYTES exactly.
  [[nodiscard]] bool Read(const std::uint8_t* bytes, std::size_t size, funnel_verdict& verdict) {
    while (size > 0) {
      if (size < kAttributeHeader || bytes[1] < kAttributeHeader || bytes[1] > size) return false;
      Take(bytes, verdict);
      size -= bytes[1];
      bytes += bytes[1];
    }
    return true;
  }
  // Whether it is an accounting request about one session.
  [[nodiscard]] bool of_session() const { return of_session_; }

 private:
  void Take(const std::uint8_t* attribute, funnel_verdict& verdict) {
    const std::uint8_t* value = attribute + kAttributeHeader;
    const std::size_t size = attribute[1] - kAttributeHeader;
    const std::uint64_t name = funnel_modules::Hash({reinterpret_cast<const char*>(value), size});

    switch (attribute[0]) {
      case kState:
        return AddKey(verdict, name, kStateSpace);
      case kAcctSessionId:
        return AddKey(verdict, name, kSessionSpace);
      case kAcctMultiSessionId:
        return AddKey(verdict, name, kMultiSessionSpace);
      case kAcctStatusType: {
        const std::uint32_t status = size == 4 ? Load32(value) : 0;
        of_session_ = status == kStart || status == kStop || status == kInterimUpdate;
        return;
      }
      default:
        return;
    }
  }

  bool of_session_ = false;
};

// There is no state from packet to packet.
struct RadiusConnection {
  explicit RadiusConnection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    const Row* row = Recognise(bytes[0], sender);
    const std::size_t length = size >= 4 ? Load16(bytes + 2) : kMaxSize;
    verdict.kind = FUNNEL_MISMATCH;
    if (row == nullptr || length < kHeaderSize || length > kMaxSize) return;
    if (size < length) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }

    AddKey(verdict, bytes[1], row->answer ? kAnswerSpace : kRequestSpace);
    Attributes attributes;
    if (!attributes.Read(bytes + kHeaderSize, length - kHeaderSize, verdict)) return;
    funnel_modules::SetMessage(verdict, length, row->label);
    funnel_modules::SetNumber(verdict, bytes[1]);
    if (row->code == kAccountingRequest)
      AddKey(verdict, 0, kAccountingSpace,
             attributes.of_session() ? FUNNEL_SHARED : FUNNEL_EXCLUSIVE);
    if (row->code == kDisconnectRequest || row->code == kCoaRequest)
      verdict.order = FUNNEL_AFTER_ALL;
  }
};

struct RadiusDatagram {
  // What follows the packet is padding (RFC 2865, section 3).
  static void Read(const funnel_modules::NoOptions&, funnel_end sender, const std::uint8_t* bytes,
                   std::size_t size, funnel_datagram& verdict) {
    if (size < kHeaderSize) return;
    const Row* row = Recognise(bytes[0], sender);
    const std::size_t length = Load16(bytes + 2);
    if (row == nullptr || length < kHeaderSize || length > std::min(size, kMaxSize)) return;
    funnel_verdict keys{};
    if (!Attributes().Read(bytes + kHeaderSize, length - kHeaderSize, keys)) return;

    verdict.label = row->label;
    funnel_modules::SetNumber(verdict, bytes[1]);
    if (row->code == kAccountingRequest) verdict.delivery = FUNNEL_RELIABLE;
    if (row->answer) return;
    funnel_modules::AddToResendKey(verdict, bytes, 2);
    funnel_modules::AddToResendKey(verdict, bytes + 4, kHeaderSize - 4);
  }
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, RadiusConnection, RadiusDatagram>::Make({
        .name = "radius",
        .summary = "RADIUS over TCP (RFC 6613) and UDP (RFC 2865, RFC 2866)",
        .head_max = kMaxSize,
    });
