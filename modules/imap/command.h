// What a client's command says about order (RFC 9051, section 6): TAG SP NAME [SP ARGUMENTS].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace imap {

// Commands that begin something else once they have succeeded, or let lines follow that are none.
enum class Verb { kOther, kUidFetch, kStartTls, kCompress, kAuthenticate, kIdle };

// What a UID FETCH has to do with the flags of messages, which alone can make the result of one
// depend on another (section 5.5).
enum class Flags { kNone, kReads, kSets };

struct Command {
  // So many UIDs are remembered of each command that is not answered.
  static constexpr std::size_t kMaxUids = 4;

  std::string_view tag;
  Verb verb = Verb::kOther;
  // UID FETCH: its items are known, so that others like it may be done before or after it.
  bool overtakes = false;
  Flags flags = Flags::kNone;
  std::array<std::uint32_t, kMaxUids> uids{};
  std::size_t uid_count = 0;  // 0: they are more, or a range
};

// LINE, as far as it is there. False: it is no command.
[[nodiscard]] bool ParseCommand(std::string_view line, Command& command);

// Whether LINE, without its end, can be a client's part of a SASL exchange: base64, or "*" to end
// it.
[[nodiscard]] bool IsSaslLine(std::string_view line);

// Whether LINE lets responses have mod-sequences (RFC 7162, section 3.1).
[[nodiscard]] bool NamesModSequences(std::string_view line);

}  // namespace imap
