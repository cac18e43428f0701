// SIMCO's messages (RFC 4540, sections 4 and 5): which there are, who sends them, and of which
// attributes they are made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "modules/module.h"

namespace simco {

// basic type 8 | sub-type 8 | length of what follows 16 | transaction identifier 32
constexpr std::size_t kHeaderSize = 8;

// The longest payload of a message that is no list: a session authentication with challenge and
// token. Lists are read so far, which is a whole number of their entries.
constexpr std::size_t kMaxPayload = 2 * (4 + 4096);
constexpr std::size_t kListEntry = 8;
static_assert(kMaxPayload % kListEntry == 0);

// One kind of message: basic type and sub-type together.
struct Kind {
  std::uint16_t type;
  // A letter an attribute, '?' behind one that may be missing, '*' behind one that may come any
  // number of times; message.cc has the letters.
  const char* attributes;
  // About the session and not about rules.
  bool session;
  const char* label;

  [[nodiscard]] bool MayHavePayload(std::size_t size) const;
};

// The session's first message.
constexpr std::uint16_t kEstablish = 0x0101;
// The middlebox's own messages begin here.
constexpr std::uint16_t kNotification = 0x0400;

// nullptr: SENDER never sends a message of this type.
[[nodiscard]] const Kind* Recognise(funnel_end sender, std::uint16_t type);
// Whether some kind of message of SENDER has this basic type.
[[nodiscard]] bool IsBasicType(funnel_end sender, std::uint8_t basic);

// What decides about order in a message's attributes.
struct Attributes {
  // Policy rule identifiers: the first ones, and how many there are.
  std::array<std::uint32_t, FUNNEL_KEYS_MAX> rules{};
  std::size_t rule_count = 0;

  // False: BYTES, a payload of at most kMaxPayload or that much of a list, are not what a message
  // of KIND is made of.
  [[nodiscard]] bool Read(const Kind& kind, const std::uint8_t* bytes, std::size_t size);
};

}  // namespace simco
