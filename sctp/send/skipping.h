// Reports to the peer what was given up, so that it does not wait for it (RFC 3758 section 3.5, RFC
// 8260 section 2.3): up to which TSN, and which messages.
#pragma once

#include <vector>

#include "sctp/loss/round_trip.h"
#include "sctp/send/outstanding.h"
#include "sctp/wire/forward_tsn_chunk.h"

namespace sctp {

class Skipping {
 public:
  explicit Skipping(DataFormat format) : format_(format) {}

  // Something was given up or acknowledged: the report may have changed.
  void Update(Outstanding& outstanding, const MessageSlots& slots, TimePoint now);
  [[nodiscard]] bool Due(TimePoint now) const { return deadline_ <= now; }
  [[nodiscard]] TimePoint deadline() const { return deadline_; }
  [[nodiscard]] std::size_t Size() const { return chunk().Size(); }
  // It is sent again after each RTO until the peer acknowledges it.
  void Write(BufferWriter& out, TimePoint now, const RoundTrip& round_trip);

 private:
  [[nodiscard]] ForwardTsnChunk chunk() const { return {format_, until_, skipped_}; }
  void AddMessage(const OutgoingMessage& message);

  DataFormat format_;
  Tsn until_;
  std::vector<Skipped> skipped_;
  bool anything_ = false;
  TimePoint deadline_ = TimePoint::max();
};

}  // namespace sctp
