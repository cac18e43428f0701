// Loss by time (RFC 8985), on packet numbers. A packet is lost if it was sent so long before the
// newest packet known to be delivered that reordering does not explain it.
#pragma once

#include "sctp/loss/packet_records.h"
#include "sctp/loss/round_trip.h"

namespace sctp {

class Rack {
 public:
  // What follows comes from one SACK, in the order of TSNs, which is not the order of arrival.
  void BeginSack() { newest_before_ = newest_; }
  // A packet was delivered. RTT is from that transmission; FIRST says that nothing in it had been
  // sent before, so that its coming late is reordering and nothing else.
  void OnDelivered(PacketNumber number, Duration rtt, bool first);
  // A packet that had been declared lost was not: the peer got it twice, or the first one came
  // after all. Widens the window, once a round trip.
  void OnSpurious(PacketNumber newest_sent);
  // A recovery has ended without such.
  void OnRecoveryEnd();

  // Calls LOST(PacketNumber) for each packet that counts as lost by NOW, oldest first. Returns when
  // the next may, TimePoint::max() if none. Costs nothing for what it does not declare lost.
  template <typename Function>
  [[nodiscard]] TimePoint DetectLosses(PacketRecords& records, const RoundTrip& round_trip,
                                       TimePoint now, Function lost) const;

  [[nodiscard]] Duration ReorderingWindow(const RoundTrip& round_trip) const;
  [[nodiscard]] bool reordering_seen() const { return reordering_seen_; }

  // Before reordering was seen, this many later packets delivered mean a loss at once.
  static constexpr std::uint64_t kPacketThreshold = 3;
  // Recoveries after which a widened window is narrow again (RFC 8985 section 6.2, step 4).
  static constexpr int kPersistRecoveries = 16;

 private:
  bool any_delivered_ = false;
  PacketNumber newest_;         // delivered
  PacketNumber newest_before_;  // when the present SACK came
  Duration newest_rtt_{};       // and how long it took
  bool reordering_seen_ = false;
  int window_quarters_ = 1;  // of the least round trip
  int recoveries_left_ = 0;
  PacketNumber widened_until_;
};

template <typename Function>
TimePoint Rack::DetectLosses(PacketRecords& records, const RoundTrip& round_trip, TimePoint now,
                             Function lost) const {
  if (!any_delivered_) return TimePoint::max();
  const Duration patience = newest_rtt_ + ReorderingWindow(round_trip);
  for (auto i = records.begin().value(); i < newest_.value(); ++i) {
    const PacketRecord* record = records.Find(PacketNumber(i));
    if (record == nullptr || record->flight_chunks == 0) continue;
    const bool many_later = !reordering_seen_ && newest_.value() - i >= kPacketThreshold;
    // Sent later, due later: nothing behind this one can be lost either.
    if (!many_later && record->sent + patience > now) return record->sent + patience;
    lost(PacketNumber(i));
  }
  return TimePoint::max();
}

}  // namespace sctp
