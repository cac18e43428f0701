#include "common/config/health_check.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "common/base/text.h"
#include "common/config/address.h"

namespace funnel::config {
namespace {

constexpr std::string_view kText = "text:";
constexpr std::string_view kHex = "hex:";
constexpr std::string_view kDns = "dns";
constexpr std::size_t kMaxLabel = 63;  // RFC 1035, section 2.3.4
constexpr std::pair<char, char> kEscapes[] = {{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'\\', '\\'}};

Result<Bytes> UnescapeText(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      const auto* escape = std::ranges::find(kEscapes, ++i < text.size() ? text[i] : '\0',
                                             &std::pair<char, char>::first);
      if (escape == std::end(kEscapes))
        return Fail("behind a backslash r, n, t or another one is expected; hex: takes any byte");
      c = escape->second;
    }
    out.push_back(static_cast<std::uint8_t>(c));
  }
  return out;
}

Result<Bytes> ParseBytes(std::string_view text) {
  if (text.starts_with(kText)) return UnescapeText(text.substr(kText.size()));
  auto bytes = HexDecode(text.substr(kHex.size()));
  if (!bytes) return Fail("two hexadecimal digits a byte are expected");
  return *std::move(bytes);
}

bool IsDnsName(std::string_view name) {
  return IsHostName(name) &&
         std::ranges::all_of(std::views::split(name, '.'), [](const auto& label) {
           return !label.empty() && label.size() <= kMaxLabel;
         });
}

}  // namespace

Result<WrittenBytes> WrittenBytes::Parse(std::string_view text) {
  if (!text.starts_with(kText) && !text.starts_with(kHex))
    return Fail("it begins with text: or hex:");
  WrittenBytes out{.written = std::string(text), .bytes = TRY(ParseBytes(text))};
  if (out.bytes.empty() || out.bytes.size() > kMaxSize)
    return Fail("1 to " + std::to_string(kMaxSize) + " bytes are expected");
  return out;
}

Result<HealthCheck> HealthCheck::Parse(std::string_view text) {
  if (text == "none") return HealthCheck{};
  if (text == "connect") return HealthCheck{.kind = Kind::kConnect, .bytes = {}, .name = {}};
  if (text.starts_with(kText) || text.starts_with(kHex))
    return HealthCheck{.kind = Kind::kBytes, .bytes = TRY(WrittenBytes::Parse(text)), .name = {}};
  if (text == kDns) return HealthCheck{.kind = Kind::kDns, .bytes = {}, .name = {}};
  if (text == "radius") return HealthCheck{.kind = Kind::kRadius, .bytes = {}, .name = {}};
  if (!text.starts_with(kDns) || text[kDns.size()] != ':')
    return Fail(std::string(kForms) + " is expected");

  std::string_view name = text.substr(kDns.size() + 1);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!IsDnsName(name) && text.substr(kDns.size() + 1) != ".")
    return Fail("a name is expected behind dns:");
  return HealthCheck{.kind = Kind::kDns, .bytes = {}, .name = std::string(name)};
}

std::string HealthCheck::text() const {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kConnect:
      return "connect";
    case Kind::kBytes:
      return bytes.written;
    case Kind::kDns:
      return std::string(kDns) + (name.empty() ? "" : ":" + name);
    case Kind::kRadius:
      return "radius";
  }
  return "";
}

}  // namespace funnel::config
