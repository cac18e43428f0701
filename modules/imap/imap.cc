// IMAP (RFC 9051, and RFC 3501 before it): a client may send commands before the earlier ones are
// answered, and a server may execute them in another order if no result depends on that (section
// 5.5).
//
//   from the client   UID FETCH whose items we know: by tag; one that sets \Seen in order with
//   those
//                     that read flags. Everything else: a barrier.
//   from the server   data of messages (FETCH): by the message's number and UID, and in order with
//                     each other where they have mod-sequences (RFC 7162). Results of such UID
//                     FETCH: behind the data of their UIDs, or of all before where they ask for
//                     many. Everything else, such as EXPUNGE and EXISTS, which give numbers to
//                     other messages: a barrier.
//
// After STARTTLS or COMPRESS (RFC 4978) was accepted both directions are streams. After
// AUTHENTICATE has succeeded, bytes that cannot begin a line belong to a security layer, and are a
// stream.
#include <cstdint>
#include <optional>
#include <string_view>

#include "modules/common/ascii.h"
#include "modules/common/module_table.h"
#include "modules/imap/command.h"
#include "modules/imap/fetches.h"
#include "modules/imap/line.h"
#include "modules/imap/response.h"
#include "modules/module.h"

namespace imap {
namespace {

using funnel_modules::EqualsIgnoringCase;

using funnel_modules::AddKey;
using funnel_modules::Hash;

enum Space : std::uint32_t {
  kTagSpace = 1,
  kFlagsSpace = 2,
  kNumberSpace = 3,
  kUidSpace = 4,
  kModSequenceSpace = 5,
};

void SetBarrier(funnel_verdict& verdict, std::uint64_t length, const char* label) {
  funnel_modules::SetMessage(verdict, length, label);
  verdict.order = FUNNEL_BARRIER;
}

class Connection {
 public:
  explicit Connection(const funnel_modules::NoOptions&) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const bool begins = sender == FUNNEL_CLIENT ? BeginsCommand() : !response_open_;
    if (stream_ || (begins && layer_allowed_ && !MayBeginLine(text[0]))) {
      verdict.kind = FUNNEL_STREAM;
    } else if (sender == FUNNEL_SERVER) {
      ReadServer(text, verdict);
    } else if (literal_) {
      SetBarrier(verdict, literal_->size, "literal");
      literal_.reset();
    } else {
      ReadClient(text, verdict);
    }
  }

 private:
  // What changes when the server answers the command with this tag.
  struct Change {
    Verb verb;
    std::uint64_t tag;
  };

  // Security layers begin with a length in four octets, of which the first is 0 (RFC 4422, section
  // 3.7).
  [[nodiscard]] static bool MayBeginLine(char c) { return c >= ' '; }
  [[nodiscard]] bool BeginsCommand() const { return !literal_ && !command_open_; }

  // --- from the client

  // Reads a line, or the part of it that is there.
  void ReadClient(std::string_view text, funnel_verdict& verdict) {
    const std::size_t end = text.find(kLineEnd);
    const bool whole = end != std::string_view::npos;
    const std::string_view line = whole ? text.substr(0, end + kLineEnd.size()) : text;

    if (HasStrayBytes(line) || (!command_open_ && !MayBeginCommand(line))) {
      verdict.kind = FUNNEL_MISMATCH;
    } else if (!whole && text.size() < kHeadMax) {
      verdict.kind = FUNNEL_NEED_MORE;
    } else if (command_open_) {
      GoOnWithCommand(line, whole, verdict);
    } else if (IsBetweenCommands(text.substr(0, end))) {
      GoOnWithCommand(line, whole, verdict);
      verdict.label = "data";
    } else {
      BeginCommand(line, whole, verdict);
    }
  }

  [[nodiscard]] static bool MayBeginCommand(std::string_view line) {
    const std::string_view word = TakeWord(line);
    return IsTag(word) || word == "*" || word.empty() || word.contains('+');
  }

  // Whether LINE, without its end, is no command but a part of SASL, or the end of IDLE (RFC 2177).
  [[nodiscard]] bool IsBetweenCommands(std::string_view line) const {
    if (idle_ && EqualsIgnoringCase(line, "DONE")) return true;
    return change_ && change_->verb == Verb::kAuthenticate && IsSaslLine(line);
  }

  void BeginCommand(std::string_view line, bool whole, funnel_verdict& verdict) {
    Command command;
    if (!ParseCommand(line, command)) {
      verdict.kind = FUNNEL_MISMATCH;
      return;
    }
    tag_ = Hash(command.tag);
    GoOnWithCommand(line, whole, verdict);
    fetches_.Remove(tag_);
    if (command.verb == Verb::kIdle) idle_ = true;
    if (command.verb == Verb::kStartTls || command.verb == Verb::kCompress ||
        command.verb == Verb::kAuthenticate)
      change_ = Change{command.verb, tag_};
    if (command.overtakes && !command_open_) OnUidFetch(command, verdict);
  }

  void OnUidFetch(const Command& command, funnel_verdict& verdict) {
    fetches_.Add(tag_, command);
    verdict.order = FUNNEL_BY_KEYS;
    verdict.label = "UID FETCH";
    AddKey(verdict, tag_, kTagSpace);
    if (command.flags == Flags::kReads) AddKey(verdict, 0, kFlagsSpace, FUNNEL_SHARED);
    if (command.flags == Flags::kSets) AddKey(verdict, 0, kFlagsSpace);
  }

  // LINE belongs to the command with tag_; WHOLE: it is complete to its end.
  void GoOnWithCommand(std::string_view line, bool whole, funnel_verdict& verdict) {
    SetBarrier(verdict, line.size(), "command");
    mod_sequences_ |= NamesModSequences(line);
    command_open_ = !whole;
    if (!whole) return Cut(line, verdict);
    literal_ = FindLiteral(line);
    command_open_ = literal_.has_value();
  }

  // Passes on LINE, which is not complete, except what may be the announcement of a literal.
  static void Cut(std::string_view line, funnel_verdict& verdict) {
    verdict.length = line.size() - kAnnouncementMax;
    verdict.more = 1;
  }

  // --- from the server

  void ReadServer(std::string_view text, funnel_verdict& verdict) {
    if (response_open_) return GoOnWithResponse(text, verdict);
    const std::string_view line = text.substr(0, text.find(kLineEnd));
    if (line.size() == text.size() && text.size() < kHeadMax) {
      const bool wrong = HasStrayBytes(text) || !MayBeginResponse(text);
      verdict.kind = wrong ? FUNNEL_MISMATCH : FUNNEL_NEED_MORE;
      return;
    }
    Response response;
    if (HasStrayBytes(line) || !ParseResponse(line, response)) {
      verdict.kind = FUNNEL_MISMATCH;
      return;
    }

    literals_ = response.has_literals();
    GoOnWithResponse(text, verdict);
    if (response.kind == Response::kFetch) {
      OnFetch(response, text.substr(0, verdict.length), verdict);
    } else if (response.kind == Response::kResult) {
      OnResult(response, verdict);
    }
  }

  // TEXT begins where the previous part of the response ended.
  void GoOnWithResponse(std::string_view text, funnel_verdict& verdict) {
    const Extent extent = Measure(text, literals_);
    SetBarrier(verdict, extent.size, "response");
    response_open_ = !extent.whole;
    verdict.more = response_open_ ? 1 : 0;
    if (extent.size > 0) return;
    if (text.size() < kHeadMax) {
      verdict.kind = FUNNEL_NEED_MORE;
    } else {
      Cut(text, verdict);
    }
  }

  void OnFetch(const Response& response, std::string_view text, funnel_verdict& verdict) const {
    const FetchData data = ReadFetch(text);
    verdict.label = "data of message";
    funnel_modules::SetNumber(verdict, response.number);
    // Its UID may be in the part that is not there yet.
    if (response_open_ && !data.uid) return;
    verdict.order = FUNNEL_BY_KEYS;
    AddKey(verdict, response.number, kNumberSpace);
    if (data.uid) AddKey(verdict, *data.uid, kUidSpace);
    if (data.mod_sequence || (response_open_ && mod_sequences_))
      AddKey(verdict, 0, kModSequenceSpace);
  }

  void OnResult(const Response& response, funnel_verdict& verdict) {
    const std::uint64_t tag = Hash(response.tag);
    verdict.label = "result";
    EndCommand(tag, response.success);
    const std::optional fetch = fetches_.Take(tag);
    // A code in brackets may be about the mailbox.
    if (!fetch || !response.plain) return;
    AddKey(verdict, tag, kTagSpace);
    verdict.order = fetch->uids[0] == 0 ? FUNNEL_AFTER_ALL : FUNNEL_BY_KEYS;
    for (const std::uint32_t uid : fetch->uids)
      if (uid != 0) AddKey(verdict, uid, kUidSpace);
  }

  void EndCommand(std::uint64_t tag, bool success) {
    // The server refused the command before its literal was sent.
    if (literal_ && literal_->waits && tag == tag_) {
      literal_.reset();
      command_open_ = false;
    }
    if (!change_ || change_->tag != tag) return;
    if (success && change_->verb == Verb::kAuthenticate) layer_allowed_ = true;
    if (success && change_->verb != Verb::kAuthenticate) stream_ = true;
    change_.reset();
  }

  // The command that the client is sending, or has sent last.
  std::uint64_t tag_ = 0;
  bool command_open_ = false;       // more of it follows
  std::optional<Literal> literal_;  // announced in it
  // The response that the server is sending.
  bool response_open_ = false, literals_ = false;

  UnansweredFetches fetches_;
  std::optional<Change> change_;  // the last one without an answer
  bool idle_ = false;             // the client has begun to idle once
  bool mod_sequences_ = false;    // responses may have them
  bool layer_allowed_ = false;
  bool stream_ = false;
};

}  // namespace
}  // namespace imap

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, imap::Connection>::Make({
        .name = "imap",
        .summary = "IMAP (RFC 9051)",
        .head_max = imap::kHeadMax,
    });
