// A backend of a service: one line of [connect] address.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/config/address.h"

namespace funnel::config {

struct Backend {
  // As that of a service (keys_service.cc): finer shares show in no count of sessions.
  static constexpr std::uint32_t kMaxWeight = 100;

  Endpoint endpoint;
  std::uint32_t weight = 1;  // its share among those that are in use
  bool backup = false;       // in use only while no other is

  // `ENDPOINT [weight=N] [backup]`, in any order behind the endpoint. A Unix path may have blanks:
  // only these two words at its end are no part of it.
  [[nodiscard]] static Result<Backend> Parse(std::string_view text);
  // The text as one would write it.
  [[nodiscard]] std::string text() const;
  bool operator==(const Backend&) const = default;
};

// The addresses of ALL, with commas, as logs and status name a service's backends.
[[nodiscard]] std::string BackendsText(std::span<const Backend> all);

}  // namespace funnel::config
