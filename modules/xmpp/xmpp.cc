// XMPP over TCP (RFC 6120): each direction is an XML document, the stream, whose elements are
// stanzas and elements that manage the stream. Stanzas from one entity to another stay in order,
// where bare and full addresses count as the same (section 10.1); other stanzas do not depend on
// each other.
//
//   message, presence, iq   by the pair of from and to: between servers of both; from a client of
//                           to, and to a client of from, as the other is itself
//   white space             between stanzas: free (section 4.6.1)
//   barriers                a stanza of or to a server, of or to the client's own account, or that
//                           does not say; everything that is no stanza
//
// Streams: both directions after STARTTLS or compression (XEP-0138) was accepted; what is no XML
// after SASL, which is a security layer; and everything after stanzas are counted (XEP-0198),
// because a count says which ones have arrived only if they come in order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "modules/common/ascii.h"
#include "modules/common/module_table.h"
#include "modules/module.h"
#include "modules/xmpp/scanner.h"
#include "modules/xmpp/tag.h"

namespace xmpp {
namespace {

using funnel_modules::EqualsIgnoringCase;
using Event = Scanner::Event;

// A longer stanza is passed on in parts; a longer start tag is refused.
constexpr std::size_t kHeadMax = 16384;
constexpr std::uint32_t kPairSpace = 1;
constexpr std::string_view kDeclaration = "<?xml";
constexpr std::size_t kDeclarationMax = 128;
constexpr std::string_view kStreams = "http://etherx.jabber.org/streams";
constexpr std::string_view kClientContent = "jabber:client", kServerContent = "jabber:server";
constexpr std::string_view kManagement = "urn:xmpp:sm:";

// A hash of NAME that ignores upper and lower case.
std::uint64_t HashOf(std::string_view name, std::uint64_t hash = funnel_modules::kNoName) {
  for (const char letter : name) {
    const char lower = funnel_modules::Lower(letter);
    hash = funnel_modules::Hash({&lower, 1}, hash);
  }
  return hash;
}

const char* StanzaLabel(const Tag& tag) {
  for (const char* name : {"message", "presence", "iq"})
    if (tag.prefix.empty() && tag.name == name) return name;
  return nullptr;
}

class Connection {
 public:
  explicit Connection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    Direction& direction = directions_[sender];
    if (stream_ || (layer_allowed_ && !direction.open && text[0] != '<' && !IsSpace(text[0]))) {
      verdict.kind = FUNNEL_STREAM;
    } else if (direction.open) {
      GoOn(text, direction, verdict);
    } else if (IsSpace(text[0])) {
      const auto* end = std::ranges::find_if_not(text, IsSpace);
      funnel_modules::SetMessage(verdict, static_cast<std::uint64_t>(end - text.begin()),
                                 "white space");
      if (!direction.begun) verdict.order = FUNNEL_BARRIER;
    } else if (text.starts_with(kDeclaration.substr(0, std::min<std::size_t>(2, size)))) {
      ReadDeclaration(text, verdict);
    } else {
      ReadElement(sender, text, verdict);
    }
  }

 private:
  struct Direction {
    bool begun = false;  // its stream has begun
    bool open = false;   // part of an element was passed on, the rest follows
    Scanner scanner;     // reads that element
  };

  static void SetBarrier(funnel_verdict& verdict, std::uint64_t length, const char* label) {
    funnel_modules::SetMessage(verdict, length, label);
    verdict.order = FUNNEL_BARRIER;
  }

  // <?xml version='1.0'?>
  static void ReadDeclaration(std::string_view text, funnel_verdict& verdict) {
    const std::size_t end = text.substr(0, kDeclarationMax).find("?>");
    const std::string_view begin =
        kDeclaration.substr(0, std::min(kDeclaration.size(), text.size()));
    verdict.kind = FUNNEL_MISMATCH;
    if (!text.starts_with(begin)) return;
    if (end != std::string_view::npos) return SetBarrier(verdict, end + 2, "declaration");
    if (text.size() < kDeclarationMax) verdict.kind = FUNNEL_NEED_MORE;
  }

  void ReadElement(funnel_end sender, std::string_view text, funnel_verdict& verdict) {
    Direction& direction = directions_[sender];
    Scanner scanner;
    std::size_t head = 0, rest = 0;
    Event event = scanner.Scan(text, head);
    Tag tag;
    verdict.kind = FUNNEL_MISMATCH;
    if (text[0] != '<' || event == Event::kWrong) return;
    if (event == Event::kStrayEnd) {
      if (direction.begun) SetBarrier(verdict, head, "end of stream");
      return;
    }
    if (event == Event::kNothing) {
      if (text.size() < kHeadMax) verdict.kind = FUNNEL_NEED_MORE;
      return;
    }
    if (!ParseTag(text.substr(0, head), tag)) return;
    if (tag.name == "stream") return BeginStream(direction, tag, text.substr(0, head), verdict);
    if (!direction.begun) return;

    if (event == Event::kStartTag) event = scanner.Scan(text.substr(head), rest);
    if (event == Event::kWrong) return;
    if (event == Event::kNothing && text.size() < kHeadMax) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }
    direction.open = event == Event::kNothing;
    direction.scanner = scanner;
    SetBarrier(verdict, head + rest, "element");
    verdict.more = direction.open ? 1 : 0;
    if (const char* stanza = StanzaLabel(tag)) {
      verdict.label = stanza;
      OnStanza(sender, tag, verdict);
    } else {
      OnElement(sender, tag, text.substr(0, verdict.length), direction.open);
    }
  }

  // Passes on more of an element of which a part was passed on.
  static void GoOn(std::string_view text, Direction& direction, funnel_verdict& verdict) {
    std::size_t taken = 0;
    const Event event = direction.scanner.Scan(text, taken);
    if (event == Event::kWrong) {
      verdict.kind = FUNNEL_MISMATCH;
      return;
    }
    direction.open = event != Event::kElement;
    SetBarrier(verdict, taken, "element");
    verdict.more = direction.open ? 1 : 0;
  }

  // HEAD is the start tag, and all that is here of it.
  void BeginStream(Direction& direction, const Tag& tag, std::string_view head,
                   funnel_verdict& verdict) {
    if (!head.contains(kStreams) || head.ends_with("/>")) return;
    SetBarrier(verdict, head.size(), "stream");
    direction.begun = true;
    content_ = tag.xmlns == kClientContent   ? Content::kClient
               : tag.xmlns == kServerContent ? Content::kServer
                                             : Content::kOther;
  }

  void OnStanza(funnel_end sender, const Tag& tag, funnel_verdict& verdict) const {
    if (tag.xmlns && tag.xmlns != kClientContent && tag.xmlns != kServerContent) return;
    const std::optional from = tag.from ? BareAddress(*tag.from) : std::nullopt;
    const std::optional to = tag.to ? BareAddress(*tag.to) : std::nullopt;
    const bool from_client = content_ == Content::kClient && sender == FUNNEL_CLIENT;
    // A client's stanza need not say that it is from the client itself.
    if (content_ == Content::kOther || !to || (!from && (tag.from || !from_client))) return;
    if (from && EqualsIgnoringCase(*from, *to)) return;

    std::uint64_t pair = funnel_modules::kNoName;
    if (content_ == Content::kServer || sender == FUNNEL_SERVER) pair = HashOf(*from, pair);
    pair = HashOf(" ", pair);
    if (content_ == Content::kServer || sender == FUNNEL_CLIENT) pair = HashOf(*to, pair);
    verdict.order = FUNNEL_BY_KEYS;
    funnel_modules::AddKey(verdict, pair, kPairSpace);
  }

  // An element that manages the stream. CUT: more of it follows after TEXT.
  void OnElement(funnel_end sender, const Tag& tag, std::string_view text, bool cut) {
    if (sender == FUNNEL_CLIENT) {
      if (tag.name == "starttls" || tag.name == "compress") asked_ = true;
    } else if (tag.name == "success") {
      layer_allowed_ = true;
    } else if (tag.name == "proceed" || tag.name == "compressed") {
      stream_ |= asked_;
    }
    // Features only say what is possible.
    if (tag.name != "features" && (cut || text.contains(kManagement))) stream_ = true;
  }

  enum class Content { kClient, kServer, kOther };  // what the stream carries

  Direction directions_[2];
  Content content_ = Content::kOther;
  bool asked_ = false;  // the client has asked for TLS, or compression
  bool layer_allowed_ = false;
  bool stream_ = false;
};

}  // namespace
}  // namespace xmpp

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, xmpp::Connection>::Make({
        .name = "xmpp",
        .summary = "XMPP (RFC 6120)",
        .head_max = xmpp::kHeadMax,
    });
