// LDAP (RFC 4511): operations of one connection do not depend on each other, and a client matches
// answers by messageID (sections 3.1 and 4.1.1.1).
//
//   from the client   search, compare, Who am I: by messageID. Abandon, Cancel: by that of their
//                     target, too. Everything that writes, and extended operations that we do not
//                     know: in order with each other. Bind, StartTLS, Unbind: barriers.
//   from the server   by messageID. With entries=free those of a search without controls, and
//                     continuation references, overtake each other; its end comes after all.
//                     Answers to Bind and StartTLS, and what has the messageID 0: barriers.
//
// After StartTLS was accepted both directions are streams. After a SASL bind has succeeded, bytes
// that are no message belong to a security layer, and are a stream.
#include <array>
#include <optional>
#include <string_view>

#include "modules/common/module_table.h"
#include "modules/ldap/message.h"
#include "modules/module.h"

namespace ldap {
namespace {

using funnel_modules::AddKey;

enum Space : std::uint32_t { kIdSpace = 1, kWriteSpace = 2 };

struct Config {
  bool entries_free = false;

  const char* Set(std::string_view, std::string_view value) {
    entries_free = value == "free";
    return entries_free || value == "ordered" ? nullptr : "entries is free or ordered";
  }
};

// Searches without controls that are not finished. A messageID replaces the one with the same place
// in the table; the replaced search then counts as one with controls.
class PlainSearches {
 public:
  void Add(std::uint32_t id) { ids_[id % ids_.size()] = id; }
  void Remove(std::uint32_t id) {
    if (Has(id)) ids_[id % ids_.size()] = 0;
  }
  [[nodiscard]] bool Has(std::uint32_t id) const { return id != 0 && ids_[id % ids_.size()] == id; }

 private:
  std::array<std::uint32_t, 1024> ids_{};
};

class Connection {
 public:
  explicit Connection(const Config& config) : config_(config) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    if (tls_ || (layer_allowed_ && bytes[0] != kFirstOctet)) {
      verdict.kind = FUNNEL_STREAM;
      return;
    }
    Message message;
    switch (Parse(sender, bytes, size, message)) {
      case Parsed::kNeedMore:
        verdict.kind = FUNNEL_NEED_MORE;
        return;
      case Parsed::kWrong:
        verdict.kind = FUNNEL_MISMATCH;
        return;
      case Parsed::kMessage:
        break;
    }

    funnel_modules::SetMessage(verdict, message.length, LabelOf(message.operation));
    funnel_modules::SetNumber(verdict, message.id);
    if (message.id == 0 && sender == FUNNEL_CLIENT) {
      verdict.kind = FUNNEL_MISMATCH;
    } else if (sender == FUNNEL_CLIENT) {
      OnRequest(message, verdict);
    } else {
      OnAnswer(message, verdict);
    }
  }

 private:
  static constexpr std::uint8_t kFirstOctet = 0x30;

  void OnRequest(const Message& message, funnel_verdict& verdict) {
    searches_.Remove(message.id);
    AddKey(verdict, message.id, kIdSpace);
    if (message.target) AddKey(verdict, *message.target, kIdSpace);

    switch (message.operation) {
      case kBindRequest:
        bind_ = message.sasl ? std::optional(message.id) : std::nullopt;
        verdict.order = FUNNEL_BARRIER;
        return;
      case kUnbindRequest:
        verdict.order = FUNNEL_BARRIER;
        return;
      case kSearchRequest:
        if (!message.has_controls) searches_.Add(message.id);
        return;
      case kCompareRequest:
      case kAbandonRequest:
        return;
      case kExtendedRequest:
        return OnExtended(message, verdict);
      default:
        AddKey(verdict, 0, kWriteSpace);
    }
  }

  void OnExtended(const Message& message, funnel_verdict& verdict) {
    switch (message.extension) {
      case Extension::kStartTls:
        start_tls_ = message.id;
        verdict.order = FUNNEL_BARRIER;
        return;
      case Extension::kCancel:
      case Extension::kWhoAmI:
        return;
      case Extension::kOther:
        AddKey(verdict, 0, kWriteSpace);
    }
  }

  void OnAnswer(const Message& message, funnel_verdict& verdict) {
    const bool plain = config_.entries_free && searches_.Has(message.id) && !message.has_controls;
    switch (message.operation) {
      case kSearchEntry:
      case kSearchReference:
        AddKey(verdict, message.id, kIdSpace, plain ? FUNNEL_SHARED : FUNNEL_EXCLUSIVE);
        break;
      case kBindResponse:
        if (bind_ == message.id && message.success) layer_allowed_ = true;
        verdict.order = FUNNEL_BARRIER;
        break;
      case kExtendedResponse:
        AddKey(verdict, message.id, kIdSpace);
        if (start_tls_ != message.id) break;
        tls_ = message.success;
        start_tls_.reset();
        verdict.order = FUNNEL_BARRIER;
        break;
      default:
        searches_.Remove(message.id);
        AddKey(verdict, message.id, kIdSpace);
    }
    // It is unsolicited: for example a notice of disconnection.
    if (message.id == 0) verdict.order = FUNNEL_BARRIER;
  }

  const Config& config_;
  PlainSearches searches_;
  std::optional<std::uint32_t> bind_;       // the last one by SASL that has no answer
  std::optional<std::uint32_t> start_tls_;  // has no answer
  bool tls_ = false;
  bool layer_allowed_ = false;
};

constexpr funnel_option_row kOptions[] = {
    {"entries",
     "Whether the entries of a search without controls overtake each other: free, or ordered "
     "(the default), for clients that show them as the server sorts them."},
    {nullptr, nullptr},
};

}  // namespace
}  // namespace ldap

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<ldap::Config, ldap::Connection>::Make({
        .name = "ldap",
        .summary = "LDAP (RFC 4511)",
        .head_max = ldap::kHeadMax,
        .options = ldap::kOptions,
    });
