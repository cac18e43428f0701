// What a client's command means for the order (RFC 9051, section 6): TAG SP NAME [SP ARGUMENTS].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace imap {

// Commands that change the connection when they succeed, or after which lines follow that are no
// commands.
enum class Verb { kOther, kUidFetch, kStartTls, kCompress, kAuthenticate, kIdle };

// How a UID FETCH uses the flags of messages: only through flags can the result of one depend on
// another (section 5.5).
enum class Flags { kNone, kReads, kSets };

struct Command {
  // So many UIDs are remembered for each command that is not answered.
  static constexpr std::size_t kMaxUids = 4;

  std::string_view tag;
  Verb verb = Verb::kOther;
  // UID FETCH: all its items are known, so others like it may be executed before or after it.
  bool overtakes = false;
  Flags flags = Flags::kNone;
  std::array<std::uint32_t, kMaxUids> uids{};
  std::size_t uid_count = 0;  // 0: there are more, or it is a range
};

// LINE may be only the part of the line that is there. False: it is no command.
[[nodiscard]] bool ParseCommand(std::string_view line, Command& command);

// Whether LINE, without its end, can be a client's part of a SASL exchange: base64, or "*" to end
// it.
[[nodiscard]] bool IsSaslLine(std::string_view line);

// Whether responses may have mod-sequences after LINE (RFC 7162, section 3.1).
[[nodiscard]] bool NamesModSequences(std::string_view line);

}  // namespace imap
