// Lines and literals, of which commands and responses consist (RFC 9051, section 4.3; RFC 7888):
//
//   a1 APPEND INBOX {5}\r\n      {5}: five bytes follow, once the server has said "+"
//   hello\r\n                    {5+}: they follow at once. ~{5}: they are binary (RFC 3516)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace imap {

constexpr std::string_view kLineEnd = "\r\n";
// So much of a line is enough to recognise it; the rest of a longer line is passed on in parts.
constexpr std::size_t kHeadMax = 8192;
// The longest announcement of a literal, with the line's end: so much of an incomplete line is
// kept.
constexpr std::size_t kAnnouncementMax = 24;

struct Literal {
  std::uint64_t size = 0;
  bool waits = false;  // the server may still refuse it
};
// The literal that LINE, with its end, announces.
[[nodiscard]] std::optional<Literal> FindLiteral(std::string_view line);

// Whether the line at the beginning of TEXT has bytes that no line may have: some programs take a
// CR or LF alone for the end, and would see other lines. A CR at the very end may still get its LF.
[[nodiscard]] bool HasStrayBytes(std::string_view text);

// How far lines that are joined by literals reach, as far as BYTES show.
struct Extent {
  std::uint64_t size = 0;  // 0: not even the first line is complete
  bool whole = false;
};
// LITERALS: what looks like the announcement of a literal is one.
[[nodiscard]] Extent Measure(std::string_view bytes, bool literals);

// Removes from TEXT the part before its first space or the line's end, and that space; returns the
// part.
[[nodiscard]] std::string_view TakeWord(std::string_view& text);
[[nodiscard]] std::optional<std::uint32_t> ReadNumber(std::string_view text);

// Whether C may be in a tag (RFC 9051, section 9: any ASTRING-CHAR but "+").
[[nodiscard]] bool IsTagByte(char c);
[[nodiscard]] bool IsTag(std::string_view text);
// Whether TEXT could name a command or a kind of response: letters, digits, hyphens and dots.
[[nodiscard]] bool IsName(std::string_view text);

}  // namespace imap
