// A user message of an SCTP association, with the method by which it is sent (RFC 9260).
#pragma once

#include <cstdint>

#include "common/base/bytes.h"

namespace funnel::streams {

struct UserMessage {
  std::uint16_t stream = 0;
  std::uint32_t identifier = 0;  // of the payload's protocol, as on the wire
  bool unordered = false;
  Bytes bytes;  // at least 1, at most wire::kMaxUserMessage
};

}  // namespace funnel::streams
