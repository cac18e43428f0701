// A start tag of a stream: <stream:stream xmlns='jabber:client' ...>, <message to='b@x' ...>.
#pragma once

#include <optional>
#include <string_view>

namespace xmpp {

struct Tag {
  std::string_view prefix;  // of its name; empty: none
  std::string_view name;
  std::optional<std::string_view> xmlns, from, to;
};
// TEXT reaches from "<" to ">". False: it is no tag.
[[nodiscard]] bool ParseTag(std::string_view text, Tag& tag);

[[nodiscard]] bool IsSpace(char c);

// The part of an address (RFC 7622) before its resource, if two that look different are different:
// nothing in it is escaped or beyond ASCII, where the same letter can be written in several ways.
// nullopt: it is not so, or the address has no local part, as a server's.
[[nodiscard]] std::optional<std::string_view> BareAddress(std::string_view address);

}  // namespace xmpp
