// What a channel's owner decides, and what it can read about it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/base/clock.h"
#include "common/wire/frame/feature_set.h"

namespace funnel::wire {

struct ChannelSettings {
  // What both ends can do: nothing beyond version 0.1.0 goes out without its bit.
  Features features;

  // Largest frame that fits one packet: whole SCTP message, clear header and sealing included.
  std::size_t packet_budget = 1384;
  // Largest frame for bulk data, at most kMaxBulkFrame; rounded down to a multiple of
  // packet_budget, so that SCTP cuts it into full packets.
  std::size_t bulk_frame = 16 * 1024;
  static constexpr std::size_t kMaxBulkFrame = 32 * 1024;

  // Receiving: what we grant. Windows start at the protocol's initial values and grow to these as
  // the application keeps up.
  std::uint64_t session_window_max = 4 << 20;
  std::uint64_t channel_window_max = 16 << 20;
  // A session whose reader takes nothing for so long is reset; 0: never.
  Duration stuck_timeout{0};
  std::uint64_t max_sessions = 16384;  // live sessions we let the peer (or ourselves) have

  // Sending: bytes that wait in the channel. Beyond the first two SendBytes takes less and
  // OnWritable follows; beyond the third the oldest datagram is dropped and counted.
  std::size_t session_queue_max = 256 * 1024;
  std::size_t channel_queue_max = 4 << 20;
  std::size_t datagram_queue_max = 1 << 20;

  // Of DATAGRAM frames, at most 2^32 - 1; 0: reliable. A datagram that waited this long is dropped.
  std::chrono::milliseconds lifetime{0};

  Duration ping_interval = std::chrono::seconds(30);
  // A reliable frame that is known to be missing, an unanswered PING, the rest of an old epoch, or
  // the peer's first frame.
  Duration missing_timeout = std::chrono::seconds(60);
  // Initiator: nothing but CONFIRM goes out before the acceptor's CONFIRM has come, which must be
  // within confirm_timeout: until then nothing has proven who chose the suite.
  bool confirm_first = false;
  Duration confirm_timeout = std::chrono::seconds(10);
  // How long a FAREWELL that CLOSED has overtaken is waited for.
  Duration closed_wait = std::chrono::seconds(5);

  // Rekeying is due after so much of one epoch, either way, or at 80 % of the context's life.
  std::uint64_t rekey_after_frames = std::uint64_t{1} << 32;
  std::uint64_t rekey_after_bytes = std::uint64_t{64} << 30;
  Duration rekey_retry = std::chrono::seconds(30);  // after RekeyFailed()
  // The channel ends rather than use a key for more, either way; what waits then still goes out.
  std::uint64_t max_key_frames = std::uint64_t{1} << 33;
  std::uint64_t max_key_bytes = std::uint64_t{128} << 30;
};

// One session, for `funnelctl sessions`.
struct SessionStats {
  std::uint64_t bytes_sent = 0, bytes_received = 0;  // payload
  std::size_t queued_bytes = 0;                      // to be sent
  std::size_t undelivered_bytes = 0;                 // come, and not taken yet
  TimePoint active{};  // when payload last went out or came; the epoch: never
};

// Numbers for counters and `funnelctl status`; only ever grow.
struct ChannelStats {
  std::uint64_t frames_sent = 0, frames_received = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;                     // application payload
  std::uint64_t replays = 0, forged = 0, wrong_epoch = 0, too_old = 0;  // dropped frames
  std::uint64_t header_mismatches = 0;  // clear lifetime differs from the sealed flag; processed
  std::uint64_t violations = 0;         // rules that the peer broke
  std::uint64_t late_datagrams = 0;     // received for a session that has ended
  std::uint64_t datagrams_dropped = 0;  // not sent (queue full, stale), or too many early ones
  std::uint64_t sessions_opened = 0, sessions_reset = 0;
  // How many of them were opened by a datagram that carries what opens them, and how many by
  // OPEN_SESSION. Both directions.
  std::uint64_t sessions_opened_by_datagram = 0, sessions_opened_by_frame = 0;
  std::uint64_t openings_repeated = 0;  // what opens a session, sent once more
  std::uint64_t sessions_stuck = 0;     // reset because their reader took nothing for stuck_timeout
  std::uint64_t keys_worn_out = 0;      // max_key_frames or max_key_bytes has ended the channel
  // Messages sent, by the order that each states; pieces of a unit but the first are ordered.
  std::uint64_t messages_free = 0, messages_ordered = 0, messages_follows = 0;
  std::uint64_t messages_after_all = 0;
  std::uint64_t messages_overtook = 0;  // delivered before an earlier one of their session
};

}  // namespace funnel::wire
