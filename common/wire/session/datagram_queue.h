// Datagrams of all sessions that wait to be sent, oldest first, each already a DATAGRAM or OPENING
// record, behind a MARK if it has a DSCP, so that a run of them is sealed from where it lies. When
// the limit is passed the oldest go.
#pragma once

#include <chrono>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/frame/record.h"

namespace funnel::wire {

class DatagramQueue {
 public:
  explicit DatagramQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // How old a datagram may become; 0: it never expires.
  using Lifetime = std::chrono::milliseconds;

  // Returns how many older ones were dropped for it.
  std::size_t Push(SessionId session, ByteView datagram, Lifetime lifetime, std::uint8_t dscp = 0);
  std::size_t Push(const OpeningRecord& opening, Lifetime lifetime, std::uint8_t dscp = 0);
  // The first records that have one lifetime and fit BUDGET together; the first one alone even if
  // it does not fit.
  [[nodiscard]] ByteView Front(std::size_t budget) const;
  // That of the first record, which there is.
  [[nodiscard]] Lifetime front_lifetime() const { return Lifetime(entries_[first_].lifetime_ms); }
  // Size of the first record, 0: nothing waits.
  [[nodiscard]] std::size_t front_size() const { return empty() ? 0 : entries_[first_].size; }
  // Drops what Front() returned.
  void Pop(std::size_t bytes);
  // Datagrams that came since the last call begin to age. Those at the front that waited for their
  // lifetime are dropped; returns how many.
  std::size_t DropStale(TimePoint now);

  [[nodiscard]] bool empty() const { return first_ == entries_.size(); }
  // Drops the oldest until at most BYTES wait; returns how many.
  std::size_t DropTo(std::size_t bytes);

  // The bytes of all records, those of a datagram's MARK with it.
  [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }

 private:
  struct Entry {
    std::uint32_t size;
    std::uint32_t lifetime_ms;
    TimePoint since;  // epoch of the clock: not yet seen by DropStale
  };
  [[nodiscard]] bool IsStale(const Entry& entry, TimePoint now) const;
  void PopOne();
  // Makes room for a record of RECORD_SIZE, and begins it with a MARK if DSCP is not 0. Returns how
  // many older ones were dropped.
  std::size_t BeginEntry(std::size_t record_size, Lifetime lifetime, std::uint8_t dscp);
  // Drops the oldest until NEEDED more bytes fit, and tidies up; returns how many.
  std::size_t MakeRoom(std::size_t needed);
  void Compact();

  std::size_t max_bytes_;
  Bytes bytes_;
  std::size_t begin_ = 0;
  std::vector<Entry> entries_;
  std::size_t first_ = 0;
  std::size_t unstamped_ = 0;  // index of the first entry without a time
};

}  // namespace funnel::wire
