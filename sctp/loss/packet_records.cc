#include "sctp/loss/packet_records.h"

#include <algorithm>

namespace sctp {

PacketNumber PacketRecords::Add(TimePoint now, std::size_t size_bytes, std::span<const Tsn> tsns,
                                const RateStamp& rate) {
  PacketRecord record;
  record.sent = now;
  record.size_bytes = record.flight_bytes = static_cast<std::uint32_t>(size_bytes);
  record.flight_chunks = record.tsn_count = static_cast<std::uint16_t>(tsns.size());
  record.first_tsn = tsns_.end_number();
  record.rate = rate;
  for (Tsn tsn : tsns) tsns_.push_back(tsn);
  flight_bytes_ += size_bytes;
  const PacketNumber number = end();
  records_.push_back(record);
  return number;
}

void PacketRecords::ChunkLeaves(PacketNumber number, std::size_t size_bytes) {
  PacketRecord* record = Find(number);
  if (record == nullptr || record->flight_chunks == 0) return;
  --record->flight_chunks;
  const std::uint32_t leaving =
      record->flight_chunks == 0
          ? record->flight_bytes
          : std::min(static_cast<std::uint32_t>(size_bytes), record->flight_bytes);
  record->flight_bytes -= leaving;
  flight_bytes_ -= leaving;
}

void PacketRecords::Trim() {
  while (!records_.empty() && records_.front().flight_chunks == 0) {
    tsns_.pop_front(records_.front().tsn_count);
    records_.pop_front();
  }
}

std::size_t PacketRecords::SumFlightBytes() const {
  std::size_t sum = 0;
  for (std::uint64_t i = records_.begin_number(); i != records_.end_number(); ++i)
    sum += records_[i].flight_bytes;
  return sum;
}

}  // namespace sctp
