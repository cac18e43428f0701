// Packets that wait for a socket, in order, in one piece of memory each batch, so that a run of
// them can be handed to the kernel at once (GSO).
//
// No trains are for Linux's own SCTP: where a train arrives as it was sent (between containers or
// virtual machines of one host), Linux cuts it for the socket of SCTP in UDP without taking its
// packets off their list (udp_queue_rcv_skb), and SCTP goes on along that list (sctp_inq_pop) and
// frees them twice. Linux 6.1 dies of that within seconds.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/bytes.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctp {

// Where a packet goes: the peer, and the address of ours that the peer knows (family-dependent, all
// zero: the kernel's choice), so that answers leave from the address that was asked.
struct Route {
  TransportAddress peer;
  std::array<std::uint8_t, 16> local{};
  auto operator<=>(const Route&) const = default;
};

// A peer reached without UDP has an address without a port.
inline Carrier CarrierOf(const TransportAddress& peer) {
  return peer.port() == 0 ? Carrier::kDirect : Carrier::kUdp;
}

class OutputQueue {
 public:
  // Beyond LIMIT_BYTES Append refuses: the newest packet is dropped, as a full router would.
  explicit OutputQueue(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // kWhole: alone, and IP must not cut it: it asks whether a packet of its size gets through.
  enum class Travel { kInTrains, kAlone, kWhole };
  struct Entry {
    Route route;
    std::size_t begin;
    std::size_t size;
    Travel travel;
  };

  // Memory for the next packet, of at most SIZE bytes, which may be written before its size and
  // route are known: an Append of no more than that contains what was written there.
  [[nodiscard]] MutableByteView Spare(std::size_t size);
  // Room for a packet of SIZE bytes, to be written before the next call; empty if the queue is
  // full.
  [[nodiscard]] MutableByteView Append(const Route& route, std::size_t size,
                                       Travel travel = Travel::kInTrains);

  [[nodiscard]] bool empty() const { return first_ == entries_.size(); }
  [[nodiscard]] std::size_t size() const { return entries_.size() - first_; }
  [[nodiscard]] std::size_t bytes() const { return waiting_bytes_; }
  [[nodiscard]] std::size_t limit_bytes() const { return limit_bytes_; }
  // The I-th that waits. Packets lie in memory in the order in which they were appended.
  [[nodiscard]] const Entry& entry(std::size_t i) const { return entries_[first_ + i]; }
  [[nodiscard]] MutableByteView packet(std::size_t i) {
    return MutableByteView(bytes_).subspan(entry(i).begin, entry(i).size);
  }
  // Drops the COUNT foremost.
  void Pop(std::size_t count);

 private:
  // Makes bytes_ large enough for SIZE more.
  void Grow(std::size_t size);
  void Compact();

  std::size_t limit_bytes_;
  Bytes bytes_;
  std::size_t used_ = 0;  // of bytes_, which is never shrunk by a little: growing it writes zeros
  std::vector<Entry> entries_;
  std::size_t first_ = 0;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace funnel::sctp
