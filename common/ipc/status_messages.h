// funnelctl's question to authd and sctpd, and the answer in chunks (funnelctl/status_schema.md).
#pragma once

#include "common/ipc/codec.h"

namespace funnel::ipc {

struct Status {
  static constexpr MessageType kType = MessageType::kStatus;
  std::uint32_t request = 0;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request);
  }
};

// A JSON object's text, piece by piece; `more` is false with the last one.
struct StatusReply {
  static constexpr MessageType kType = MessageType::kStatusReply;
  static constexpr std::size_t kChunkSize = 64 * 1024;
  std::uint32_t request = 0;
  bool more = false;
  Bytes json;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.more, self.json);
  }
};

}  // namespace funnel::ipc
