#include "modules/xmpp/tag.h"

#include <algorithm>
#include <cstddef>

namespace xmpp {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

void SkipSpaces(std::string_view& text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
}

std::string_view TakeName(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t\r\n=/>\"'"), text.size());
  const std::string_view name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

// Reads NAME = "VALUE".
bool TakeAttribute(std::string_view& text, std::string_view& name, std::string_view& value) {
  name = TakeName(text);
  SkipSpaces(text);
  if (name.empty() || !text.starts_with('=')) return false;
  text.remove_prefix(1);
  SkipSpaces(text);
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) return false;
  const std::size_t end = text.find(text[0], 1);
  if (end == std::string_view::npos) return false;
  value = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return true;
}

// False: the attribute occurs twice.
bool Set(std::optional<std::string_view>& attribute, std::string_view value) {
  if (attribute) return false;
  attribute = value;
  return true;
}

bool SetAttribute(Tag& tag, std::string_view name, std::string_view value) {
  if (name == "xmlns") return Set(tag.xmlns, value);
  if (name == "from") return Set(tag.from, value);
  if (name == "to") return Set(tag.to, value);
  return true;
}

}  // namespace

bool IsSpace(char c) { return kSpaces.contains(c); }

bool ParseTag(std::string_view text, Tag& tag) {
  text.remove_prefix(1);
  text.remove_suffix(1);
  if (text.ends_with('/')) text.remove_suffix(1);

  tag.name = TakeName(text);
  const std::size_t colon = tag.name.find(':');
  if (colon != std::string_view::npos) {
    tag.prefix = tag.name.substr(0, colon);
    tag.name.remove_prefix(colon + 1);
  }
  if (tag.name.empty()) return false;

  for (;;) {
    const std::size_t before = text.size();
    SkipSpaces(text);
    if (text.empty()) return true;
    std::string_view name, value;
    if (text.size() == before || !TakeAttribute(text, name, value) ||
        !SetAttribute(tag, name, value))
      return false;
  }
}

std::optional<std::string_view> BareAddress(std::string_view address) {
  const std::string_view bare = address.substr(0, address.find('/'));
  const std::size_t at = bare.find('@');
  if (at == 0 || at == std::string_view::npos || bare.ends_with('@') || bare.ends_with('.'))
    return std::nullopt;
  // "&" begins an escape; a byte beyond ASCII is negative, or at least 0x7f.
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '&'; };
  if (!std::ranges::all_of(bare, is_plain)) return std::nullopt;
  return bare;
}

}  // namespace xmpp
