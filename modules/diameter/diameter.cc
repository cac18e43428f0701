// Diameter (RFC 6733): a message has a header and AVPs, each with its length.
//
//   version 8 | length 24 | R P E T reserved 4 | command 24 | application 32 | hop-by-hop 32
//   | end-to-end 32 | AVPs: code 32, flags 8, length 24, [vendor 32], data, padding to 4
//
// Over SCTP every message may be sent unordered (section 2.1.1), except those that begin and end a
// connection. We keep a little more order:
//
//   CER, CEA, DPR, DPA   barriers: what follows a CEA must not be there before it, and what was on
//                        its way must not be lost behind a DPA
//   DWR, DWA             by the hop-by-hop identifier: the watchdog holds up nothing
//   all others           by the hop-by-hop identifier (requests and answers apart), and those of
//                        one Session-Id in order
//
// The Session-Id, if there is one, is the first AVP (section 8.8: SHOULD). A message that begins
// with another AVP is a barrier. TLS may begin after the capabilities were exchanged (RFC 3588,
// section 13.2): from there on a connection is a stream. A connection that begins with TLS does not
// follow this protocol.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

using funnel_modules::AddKey;
using funnel_modules::Load24;
using funnel_modules::Load32;

constexpr std::size_t kHeaderSize = 20;
constexpr std::size_t kAvpHeaderSize = 8;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kTlsHandshake = 0x16;

enum Flag : std::uint8_t { kRequest = 0x80, kError = 0x20, kReserved = 0x0F };
enum AvpFlag : std::uint8_t { kVendor = 0x80, kAvpReserved = 0x1F };
constexpr std::uint32_t kSessionId = 263;
// Only so much of a Session-Id is read: longer ones with the same beginning count as the same.
constexpr std::size_t kMaxName = 512;
constexpr std::size_t kHeadMax = kHeaderSize + kAvpHeaderSize + kMaxName;

enum Command : std::uint32_t { kCapabilities = 257, kWatchdog = 280, kDisconnect = 282 };

struct Row {
  std::uint32_t command;
  const char* request;
  const char* answer;
};
constexpr Row kCommands[] = {
    {kCapabilities, "capabilities exchange request", "capabilities exchange answer"},
    {258, "re-auth request", "re-auth answer"},
    {271, "accounting request", "accounting answer"},
    {272, "credit control request", "credit control answer"},  // RFC 8506
    {274, "abort session request", "abort session answer"},
    {275, "session termination request", "session termination answer"},
    {kWatchdog, "device watchdog request", "device watchdog answer"},
    {kDisconnect, "disconnect peer request", "disconnect peer answer"},
};

// Spaces of keys.
enum Space : std::uint32_t { kRequestSpace = 1, kAnswerSpace = 2, kSessionSpace = 3 };

const char* LabelOf(std::uint32_t command, bool request) {
  const Row* row = std::ranges::find(kCommands, command, &Row::command);
  if (row == std::end(kCommands)) return request ? "request" : "answer";
  return request ? row->request : row->answer;
}

struct Header {
  std::uint32_t length, command, hop_by_hop;
  std::uint8_t flags;

  explicit Header(const std::uint8_t* at)
      : length(Load24(at + 1)),
        command(Load24(at + 5)),
        hop_by_hop(Load32(at + 12)),
        flags(at[4]) {}

  [[nodiscard]] bool is_request() const { return (flags & kRequest) != 0; }
  [[nodiscard]] bool IsWellFormed() const {
    return length >= kHeaderSize && length % 4 == 0 && (flags & kReserved) == 0 &&
           !(is_request() && (flags & kError) != 0);
  }
};

enum class Got { kValue, kNeedMore, kNone, kWrong };

class DiameterConnection {
 public:
  explicit DiameterConnection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    verdict.kind = FUNNEL_MISMATCH;
    if (bytes[0] != kVersion) {
      if (exchanged_ && (tls_ || bytes[0] == kTlsHandshake)) {
        tls_ = true;
        verdict.kind = FUNNEL_STREAM;
      }
      return;
    }
    if (size < kHeaderSize) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }

    const Header header(bytes);
    if (!header.IsWellFormed() || !Begins(sender, header)) return;
    const Got got = AddSession(bytes, size, header, verdict);
    if (got == Got::kNeedMore) verdict.kind = FUNNEL_NEED_MORE;
    if (got == Got::kNeedMore || got == Got::kWrong) return;

    begun_[sender] = true;
    if (header.command == kCapabilities && !header.is_request()) exchanged_ = true;
    const bool request = header.is_request();
    funnel_modules::SetMessage(verdict, header.length, LabelOf(header.command, request));
    funnel_modules::SetNumber(verdict, header.hop_by_hop);
    AddKey(verdict, header.hop_by_hop, request ? kRequestSpace : kAnswerSpace);
    const bool base = header.command == kCapabilities || header.command == kDisconnect;
    if (base || (got == Got::kNone && header.command != kWatchdog)) verdict.order = FUNNEL_BARRIER;
  }

 private:
  // The client's first message is a CER, the server's a CEA (section 5.6).
  [[nodiscard]] bool Begins(funnel_end sender, const Header& header) const {
    return begun_[sender] ||
           (header.command == kCapabilities && header.is_request() == (sender == FUNNEL_CLIENT));
  }

  // The Session-Id, if a message begins with one. What is there must be an AVP.
  [[nodiscard]] static Got AddSession(const std::uint8_t* bytes, std::size_t size,
                                      const Header& header, funnel_verdict& verdict) {
    if (header.length == kHeaderSize) return Got::kNone;
    if (header.length < kHeaderSize + kAvpHeaderSize) return Got::kWrong;
    if (size < kHeaderSize + kAvpHeaderSize) return Got::kNeedMore;
    const std::uint8_t* avp = bytes + kHeaderSize;
    const std::uint32_t length = Load24(avp + 5);
    if ((avp[4] & kAvpReserved) != 0 || length < kAvpHeaderSize ||
        length > header.length - kHeaderSize)
      return Got::kWrong;
    if (Load32(avp) != kSessionId || (avp[4] & kVendor) != 0) return Got::kNone;

    const std::size_t name = std::min<std::size_t>(length - kAvpHeaderSize, kMaxName);
    if (size < kHeaderSize + kAvpHeaderSize + name) return Got::kNeedMore;
    AddKey(verdict,
           funnel_modules::Hash({reinterpret_cast<const char*>(avp + kAvpHeaderSize), name}),
           kSessionSpace);
    return Got::kValue;
  }

  bool begun_[2] = {false, false};
  bool exchanged_ = false;  // a CEA was seen
  bool tls_ = false;
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, DiameterConnection>::Make({
        .name = "diameter",
        .summary = "Diameter (RFC 6733)",
        .head_max = kHeadMax,
    });
