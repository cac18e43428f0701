#include "common/config/dscp.h"

#include <charconv>
#include <optional>

namespace funnel::config {
namespace {

constexpr std::uint8_t kMost = 63;

bool IsDigit(char c, char least, char most) { return c >= least && c <= most; }

// The names of RFC 2474 (CS), RFC 2597 (AF), RFC 3246 (EF), RFC 5865 (VOICE-ADMIT) and RFC 8622
// (LE).
std::optional<int> FromName(std::string_view text) {
  if (text == "EF") return 46;
  if (text == "VOICE-ADMIT") return 44;
  if (text == "LE") return 1;
  if (text.size() == 3 && text.starts_with("CS") && IsDigit(text[2], '0', '7'))
    return 8 * (text[2] - '0');
  if (text.size() == 4 && text.starts_with("AF") && IsDigit(text[2], '1', '4') &&
      IsDigit(text[3], '1', '3'))
    return 8 * (text[2] - '0') + 2 * (text[3] - '0');
  return std::nullopt;
}

std::optional<int> FromNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > kMost)
    return std::nullopt;
  return number;
}

}  // namespace

Result<Dscp> Dscp::Parse(std::string_view text) {
  Dscp out{.copy = text == "copy", .value = 0, .written = std::string(text)};
  if (out.copy) return out;
  auto value = FromName(text);
  if (!value) value = FromNumber(text);
  if (!value) return Fail("copy, 0 to 63, or a name such as EF, AF41 and CS3 is expected");
  out.value = static_cast<std::uint8_t>(*value);
  return out;
}

}  // namespace funnel::config
