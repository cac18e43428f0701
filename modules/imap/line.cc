#include "modules/imap/line.h"

#include <algorithm>

#include "modules/common/ascii.h"

namespace imap {
namespace {

using funnel_modules::IsDigit;
using funnel_modules::IsLetter;

// A literal of more than a terabyte is refused.
constexpr std::size_t kMaxLiteralDigits = 12;
constexpr std::size_t kMaxNumberDigits = 10;

constexpr bool IsControl(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

std::optional<std::uint64_t> ReadDigits(std::string_view text, std::size_t most) {
  if (text.empty() || text.size() > most || !std::ranges::all_of(text, IsDigit))
    return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : text) value = value * 10 + static_cast<unsigned>(digit - '0');
  return value;
}

}  // namespace

std::optional<Literal> FindLiteral(std::string_view line) {
  line.remove_suffix(kLineEnd.size());
  if (!line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  const bool waits = !line.ends_with('+');
  if (!waits) line.remove_suffix(1);

  const std::size_t brace = line.rfind('{');
  if (brace == std::string_view::npos) return std::nullopt;
  const std::optional size = ReadDigits(line.substr(brace + 1), kMaxLiteralDigits);
  if (!size) return std::nullopt;
  return Literal{*size, waits};
}

bool HasStrayBytes(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\0' || text[at] == '\n') return true;
    if (text[at] != '\r') continue;
    return at + 1 < text.size() && text[at + 1] != '\n';
  }
  return false;
}

Extent Measure(std::string_view bytes, bool literals) {
  std::uint64_t begin = 0;
  while (begin < bytes.size()) {
    const std::size_t end = bytes.find(kLineEnd, begin);
    if (end == std::string_view::npos) break;
    const std::string_view line = bytes.substr(begin, end + kLineEnd.size() - begin);
    begin += line.size();
    const std::optional literal = literals ? FindLiteral(line) : std::nullopt;
    if (!literal) return {begin, /*whole=*/true};
    begin += literal->size;
  }
  return {begin, /*whole=*/false};
}

std::string_view TakeWord(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \r"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return word;
}

std::optional<std::uint32_t> ReadNumber(std::string_view text) {
  const std::optional value = ReadDigits(text, kMaxNumberDigits);
  if (!value || *value > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

bool IsTagByte(char c) {
  return c > 0 && !IsControl(c) && !std::string_view("(){ %*\"\\+").contains(c);
}

bool IsTag(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return IsTagByte(c); });
}

bool IsName(std::string_view text) {
  return !text.empty() && IsLetter(text[0]) && std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '-' || c == '.';
  });
}

}  // namespace imap
