// SIP over a connection (RFC 3261, section 18.3): a message has a head, which says the size of the
// body after it. Over UDP a message is a datagram, and its body may be all that is behind the head.
//
// Over SCTP messages may be sent unordered (RFC 4168, section 5.1). We keep a little more order:
//
//   request, response   in the order of their Call-ID, and behind and before those of the dialogs
//                       that they name in Replaces (RFC 3891), Join (RFC 3911) and Target-Dialog
//                       (RFC 4538)
//   keepalives          CR LF CR LF, and CR LF as its answer (RFC 5626, section 3.5.1): free. A
//                       client's single CR LF is a barrier, since two of them are a keepalive
//
// A message without Content-Length, which is not allowed on such a connection, and all that follows
// it is a stream: nothing says where the message ends.
// Over UDP a message is a repetition if it belongs to the same transaction (section 17.2.3) and
// says the same: sender and branch of the topmost Via, method of CSeq, and the status of a
// response. Nobody waits for one longer than 64 T1 = 32 s (section 17.1.1.2).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "modules/common/module_table.h"
#include "modules/module.h"
#include "modules/sip/head.h"

namespace sip {
namespace {

constexpr std::uint32_t kDialogSpace = 1;
constexpr std::string_view kPing = "\r\n\r\n";

// Methods whose names a trace may show: constant text is no payload.
struct Row {
  std::string_view method;
  const char* label;
};
constexpr Row kMethods[] = {
    {"INVITE", "INVITE"},       {"ACK", "ACK"},           {"BYE", "BYE"},
    {"CANCEL", "CANCEL"},       {"REGISTER", "REGISTER"}, {"OPTIONS", "OPTIONS"},
    {"PRACK", "PRACK"},         {"UPDATE", "UPDATE"},     {"INFO", "INFO"},
    {"SUBSCRIBE", "SUBSCRIBE"}, {"NOTIFY", "NOTIFY"},     {"PUBLISH", "PUBLISH"},
    {"REFER", "REFER"},         {"MESSAGE", "MESSAGE"},
};

const char* LabelOf(const Head& head) {
  if (!head.request) return "response";
  const Row* row = std::ranges::find(kMethods, head.method, &Row::method);
  return row == std::end(kMethods) ? "request" : row->label;
}

// There is no state from message to message.
struct Connection {
  explicit Connection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    if (text[0] == '\r') return ReadKeepalive(sender, text, verdict);
    Head head;
    switch (ParseHead(text, head)) {
      case Parsed::kWrong:
        verdict.kind = FUNNEL_MISMATCH;
        return;
      case Parsed::kNeedMore:
        verdict.kind = FUNNEL_NEED_MORE;
        return;
      case Parsed::kHead:
        break;
    }
    if (!head.content_length) {
      verdict.kind = FUNNEL_STREAM;
      return;
    }

    funnel_modules::SetMessage(verdict, head.size + *head.content_length, LabelOf(head));
    if (!head.request) funnel_modules::SetNumber(verdict, head.status);
    for (std::size_t i = 0; i < head.dialog_count; ++i)
      funnel_modules::AddKey(verdict, funnel_modules::Hash(head.dialogs[i]), kDialogSpace);
  }

  static void ReadKeepalive(funnel_end sender, std::string_view text, funnel_verdict& verdict) {
    const std::string_view begin = text.substr(0, kPing.size());
    if (begin == kPing) return funnel_modules::SetMessage(verdict, kPing.size(), "keepalive");
    if (begin.size() == 1 || begin == "\r\n\r") {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }
    verdict.kind = FUNNEL_MISMATCH;
    if (!begin.starts_with(kLineEnd)) return;
    funnel_modules::SetMessage(verdict, kLineEnd.size(), "keepalive");
    if (sender == FUNNEL_CLIENT) verdict.order = FUNNEL_BARRIER;
  }
};

struct Datagram {
  static constexpr std::uint32_t kLongestWaitMs = 32'000;

  static void Read(const funnel_modules::NoOptions&, funnel_end, const std::uint8_t* bytes,
                   std::size_t size, funnel_datagram& verdict) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    if (text == kPing || text == kLineEnd) {
      verdict.label = "keepalive";
      return;
    }
    Head head;
    if (text.empty() || ParseHead(text, head) != Parsed::kHead) return;
    if (head.content_length && *head.content_length > size - head.size) return;

    verdict.label = LabelOf(head);
    if (!head.request) funnel_modules::SetNumber(verdict, head.status);
    verdict.delivery = FUNNEL_EXPIRES;
    verdict.lifetime_ms = kLongestWaitMs;
    if (BranchOf(head.via).empty() || head.cseq_method.empty()) return;
    funnel_modules::AddHashToResendKey(verdict, head.via);
    funnel_modules::AddHashToResendKey(verdict, head.cseq_method);
    funnel_modules::AddToResendKey(verdict, head.status);
  }
};

}  // namespace
}  // namespace sip

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, sip::Connection, sip::Datagram>::Make({
        .name = "sip",
        .summary = "SIP over TCP and UDP (RFC 3261)",
        .head_max = sip::kHeadMax,
    });
