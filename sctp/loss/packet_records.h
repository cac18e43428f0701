// What is known of each packet with data that was sent: when, what was in it, and how much of it is
// still on its way. Packets have numbers of their own that only grow, so that of two transmissions
// of one TSN it is clear which is meant (as QUIC has them; SCTP's wire does not).
#pragma once

#include <span>

#include "sctp/base/ring.h"
#include "sctp/base/types.h"

namespace sctp {

using PacketNumber = StrongId<struct PacketNumberTag, std::uint64_t>;

// How far delivery had come when a packet was sent; what a rate is measured from (delivery_rate.h).
struct RateStamp {
  std::uint64_t delivered_bytes = 0;
  TimePoint delivered_time{};
  TimePoint first_sent{};
  bool app_limited = false;
};

struct PacketRecord {
  TimePoint sent{};
  std::uint32_t size_bytes = 0;
  // Of these neither acknowledged, nor lost, nor sent again in a later packet.
  std::uint32_t flight_bytes = 0;
  std::uint16_t flight_chunks = 0;
  bool delivered = false;  // something of it was acknowledged
  std::uint64_t first_tsn = 0;
  std::uint16_t tsn_count = 0;
  RateStamp rate;
};

class PacketRecords {
 public:
  PacketNumber Add(TimePoint now, std::size_t size_bytes, std::span<const Tsn> tsns,
                   const RateStamp& rate);
  // Null: it is settled and forgotten, or was never sent.
  [[nodiscard]] PacketRecord* Find(PacketNumber number) {
    return records_.Contains(number.value()) ? &records_[number.value()] : nullptr;
  }
  [[nodiscard]] const PacketRecord* Find(PacketNumber number) const {
    return records_.Contains(number.value()) ? &records_[number.value()] : nullptr;
  }
  // One chunk of a packet, of SIZE with header and padding, is not on its way any more. The
  // packet's own header goes with the last.
  void ChunkLeaves(PacketNumber number, std::size_t size_bytes);
  // Forgets settled packets before the first that is not.
  void Trim();

  // From begin() to end(), all that may still be on its way lies between.
  [[nodiscard]] PacketNumber begin() const { return PacketNumber(records_.begin_number()); }
  [[nodiscard]] PacketNumber end() const { return PacketNumber(records_.end_number()); }
  // Calls FUNCTION(Tsn) for what was in RECORD. FUNCTION may call ChunkLeaves, not Add or Trim.
  template <typename Function>
  void ForTsns(const PacketRecord& record, Function function) const {
    for (std::uint64_t i = 0; i < record.tsn_count; ++i) function(tsns_[record.first_tsn + i]);
  }

  [[nodiscard]] std::size_t flight_bytes() const { return flight_bytes_; }
  // The same by adding up, for tests.
  [[nodiscard]] std::size_t SumFlightBytes() const;

 private:
  Ring<PacketRecord> records_;
  Ring<Tsn> tsns_;  // of all records, one after the other
  std::size_t flight_bytes_ = 0;
};

}  // namespace sctp
