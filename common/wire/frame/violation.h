// A rule of the protocol that the authenticated peer broke: the channel ends. It is trivial to
// copy, so that passing a message through the parts of a channel costs nothing extra.
#pragma once

#include <expected>

namespace funnel::wire {

struct [[nodiscard]] Violation {
  const char* text;  // one sentence, a literal
};

template <typename T = void>
using Checked = std::expected<T, Violation>;

[[nodiscard]] inline std::unexpected<Violation> Violates(const char* text) {
  return std::unexpected<Violation>(Violation{text});
}

}  // namespace funnel::wire
