// LDAP (RFC 4511): operations of one connection are independent of each other, and a client matches
// answers by messageID (sections 3.1 and 4.1.1.1).
//
//   from the client   search, compare, Who am I: by messageID. Abandon, Cancel: by that of their
//   target, too.
//                     Everything that writes, and extended operations that we do not know: in order
//                     with each other. Bind, StartTLS, Unbind: barriers.
//   from the server   by messageID. With entries=free those of a search without controls, and
//   continuation
//                     references, overtake each other; its end comes after all. Answers to Bind and
//                     StartTLS, and what has the messageID 0: barriers.
//
// Once StartTLS was accepted both directions are streams. Once a SASL bind has succeeded what is no
// message is a security layer, and a stream.
#include <array>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>

#include "modules/ldap/message.h"
#include "modules/module.h"

namespace ldap {
namespace {

enum Space : std::uint32_t { kIdSpace = 1, kWriteSpace = 2 };

constexpr std::string_view kEntries = "entries";

struct Config {
  bool entries_free = false;
};

// Searches under way that were sent without controls; a messageID takes the place of the one that
// is a multiple of its size away, which then counts as having some.
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

void AddKey(funnel_verdict& verdict, std::uint64_t value, Space space,
            funnel_mode mode = FUNNEL_EXCLUSIVE) {
  verdict.keys[verdict.key_count++] = {value, space, static_cast<std::uint32_t>(mode)};
}

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

    verdict.kind = FUNNEL_MESSAGE;
    verdict.length = message.length;
    verdict.label = LabelOf(message.operation);
    verdict.number = message.id;
    verdict.numbered = 1;
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
    // Unsolicited: a notice of disconnection, say.
    if (message.id == 0) verdict.order = FUNNEL_BARRIER;
  }

  const Config& config_;
  PlainSearches searches_;
  std::optional<std::uint32_t> bind_;       // the last one by SASL that is not answered
  std::optional<std::uint32_t> start_tls_;  // not answered
  bool tls_ = false;
  bool layer_allowed_ = false;
};

// --- what the module exports

void* Configure(const funnel_option* options, std::size_t count, std::size_t* wrong, char* error,
                std::size_t error_size) {
  Config config;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view value = options[i].value;
    if (options[i].name != kEntries) continue;
    if (value != "free" && value != "ordered") {
      *wrong = i;
      std::snprintf(error, error_size, "entries is free or ordered");
      return nullptr;
    }
    config.entries_free = value == "free";
  }
  return new (std::nothrow) Config(config);
}

void Release(void* config) { delete static_cast<Config*>(config); }

void* Open(void* config, funnel_end) {
  return new (std::nothrow) Connection(*static_cast<const Config*>(config));
}

void Close(void* connection) { delete static_cast<Connection*>(connection); }

void Read(void* connection, funnel_end sender, const std::uint8_t* bytes, std::size_t size,
          funnel_verdict* verdict) {
  static_cast<Connection*>(connection)->Read(sender, bytes, size, *verdict);
}

constexpr funnel_option_row kOptions[] = {
    {kEntries.data(),
     "Whether the entries of a search without controls overtake each other: free, or ordered "
     "(the default), for clients that show them as the server sorts them."},
    {nullptr, nullptr},
};

}  // namespace
}  // namespace ldap

extern "C" const struct funnel_module funnel_module = {
    .abi = FUNNEL_MODULE_ABI,
    .size = sizeof(struct funnel_module),
    .verdict_size = sizeof(funnel_verdict),
    .datagram_size = sizeof(funnel_datagram),
    .name = "ldap",
    .summary = "LDAP (RFC 4511)",
    .options = ldap::kOptions,
    .head_max = ldap::kHeadMax,
    .reserved = 0,
    .configure = ldap::Configure,
    .release = ldap::Release,
    .open = ldap::Open,
    .close = ldap::Close,
    .read = ldap::Read,
    .datagram = nullptr,
};
