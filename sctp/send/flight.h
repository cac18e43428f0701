// What is on its way: chunks by TSN, the packets that carried them, and the peer's window. Keeps
// the two consistent: a chunk that leaves the flight also leaves its packet, and that of its copy.
#pragma once

#include <algorithm>

#include "sctp/loss/packet_records.h"
#include "sctp/send/outstanding.h"
#include "sctp/wire/chunk.h"
#include "sctp/wire/data_chunk.h"

namespace sctp {

class Flight {
 public:
  Flight(DataFormat format, Tsn initial_tsn, std::uint32_t peer_window_bytes)
      : outstanding(initial_tsn), format_(format), peer_window_(peer_window_bytes) {}

  // Adds a chunk with a new TSN.
  Tsn Add(const Fragment& fragment, TimePoint now) {
    if (outstanding.unacked_bytes() == 0) waiting_began_ = now;
    return outstanding.Add(fragment);
  }
  // Neither CHUNK nor its copy is on its way any more.
  void Leave(SentChunk& chunk);
  // Everything on its way must be sent again, by another path.
  void LoseAll();

  // A SACK came.
  void OnAcknowledged(std::uint32_t peer_window_bytes, TimePoint now) {
    peer_window_ = peer_window_bytes;
    acknowledged_ = now;
  }
  [[nodiscard]] std::uint32_t peer_window_bytes() const { return peer_window_; }
  // One chunk may always be on its way: it finds out whether the window has opened again.
  [[nodiscard]] bool WindowAllows(std::size_t payload_bytes) const {
    return outstanding.empty() || outstanding.unacked_bytes() + payload_bytes <= peer_window_;
  }
  // How much the peer can take in addition to what is on its way.
  [[nodiscard]] std::size_t Room() const {
    return peer_window_ - std::min<std::size_t>(peer_window_, outstanding.unacked_bytes());
  }

  // The size of a chunk in a packet.
  [[nodiscard]] std::size_t SizeOf(const Fragment& fragment) const {
    return Padded(DataHeaderSize(format_) + fragment.length);
  }
  [[nodiscard]] DataFormat format() const { return format_; }
  [[nodiscard]] std::size_t bytes() const { return packets.flight_bytes(); }
  // Since when something is on its way and no SACK has come; max(): nothing is on its way.
  [[nodiscard]] TimePoint waiting_since() const {
    return outstanding.unacked_bytes() > 0 ? std::max(waiting_began_, acknowledged_)
                                           : TimePoint::max();
  }
  [[nodiscard]] TimePoint acknowledged() const { return acknowledged_; }  // when a SACK came last
  [[nodiscard]] bool InvariantsHold() const {
    return packets.flight_bytes() == packets.SumFlightBytes() &&
           (packets.flight_bytes() > 0) == (outstanding.in_flight() > 0);
  }

  Outstanding outstanding;
  PacketRecords packets;

 private:
  DataFormat format_;
  std::uint32_t peer_window_;
  TimePoint waiting_began_{}, acknowledged_{};
};

}  // namespace sctp
