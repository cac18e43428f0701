// How packets are marked (Differentiated Services, RFC 2474): the value of [service] dscp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace funnel::config {

struct Dscp {
  bool copy = false;       // each packet as the one had in which the far side got its datagram
  std::uint8_t value = 0;  // 0 to 63, if not
  std::string written = "0";

  // `copy`, a number, or a name of IANA's registry: CS0 to CS7, AF11 to AF43, EF, VOICE-ADMIT, LE.
  [[nodiscard]] static Result<Dscp> Parse(std::string_view text);
  bool operator==(const Dscp&) const = default;
};

}  // namespace funnel::config
