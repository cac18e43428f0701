// How a message should be sent, and the result.
#pragma once

#include <optional>

#include "sctp/base/types.h"
#include "sctp/send/stream_scheduler.h"

namespace sctp {

enum class SendStatus {
  kSent,      // accepted; the bytes were copied
  kFull,      // as much waits as is allowed; OnWritable follows
  kTooLarge,  // larger than SenderSettings::max_message_bytes
  kGone,      // no such stream, or nothing may be sent, or no longer
};

struct SendOptions {
  std::uint32_t protocol = 0;
  bool unordered = false;
  // If it comes before the message was sent, the message is given up; max() is reliable.
  TimePoint deadline = TimePoint::max();
  // If the message fits in one chunk, that is sent a second time, SenderSettings::copy_after later
  // (copies.h), if the congestion window has room.
  bool copy = false;
  // For its stream, from its next turn on; nullopt: unchanged.
  std::optional<StreamShare> share = std::nullopt;
};

}  // namespace sctp
