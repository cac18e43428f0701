// How a message is to be sent, and what became of the wish.
#pragma once

#include <optional>

#include "sctp/base/types.h"
#include "sctp/send/stream_scheduler.h"

namespace sctp {

enum class SendStatus {
  kSent,      // taken over; the bytes were copied
  kFull,      // as much waits as may; OnWritable follows
  kTooLarge,  // larger than SenderSettings::max_message_bytes
  kGone,      // no such stream, or nothing may be sent (any more)
};

struct SendOptions {
  std::uint32_t protocol = 0;
  bool unordered = false;
  // Given up when it comes before the message was sent; max() is reliable.
  TimePoint deadline = TimePoint::max();
  // If it travels in one chunk, that leaves a second time, SenderSettings::copy_after later
  // (copies.h), as far as the congestion window has room.
  bool copy = false;
  // Of its stream, from its next turn on; nullopt: as it was.
  std::optional<StreamShare> share = std::nullopt;
};

}  // namespace sctp
