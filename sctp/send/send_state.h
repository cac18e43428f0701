// The state on which the parts of a Sender (AckReader, LossFinder, PacketFiller) work together.
// Each member keeps itself consistent; none of the three parts owns one.
#pragma once

#include "sctp/send/copies.h"
#include "sctp/send/extra_packet.h"
#include "sctp/send/flight.h"
#include "sctp/send/message_buffer.h"
#include "sctp/send/path_flow.h"
#include "sctp/send/skipping.h"

namespace sctp {

struct SenderSettings : PathFlow::Settings, MessageBuffer::Settings {
  // Receivers of other makes, and replay windows above SCTP, can hold no more.
  std::size_t max_outstanding_chunks = 4096;
  bool pacing = true;
  Duration copy_after = std::chrono::milliseconds(5);
  bool linux_fragments = false;  // AssociationSettings::linux_fragments
};

struct SenderCounters {
  std::uint64_t messages = 0, chunks = 0, retransmitted_chunks = 0, lost_chunks = 0;
  std::uint64_t spurious = 0;  // chunks declared lost that had arrived
  std::uint64_t undone = 0;    // reductions of the rate that were undone
  std::uint64_t probes = 0, timeouts = 0;
  std::uint64_t copies = 0;              // chunks that were sent a second time on request
  std::uint64_t expired_messages = 0;    // before any part of them was sent
  std::uint64_t abandoned_messages = 0;  // after that
  std::uint64_t sacks_stale = 0, sacks_invalid = 0;
};

struct SendState {
  SendState(const SenderSettings& sender_settings, Tsn initial_tsn, std::uint32_t peer_window_bytes,
            std::size_t packet_bytes, BufferPool& buffers)
      : settings(sender_settings),
        messages(settings, buffers),
        flight(settings.queue.format, initial_tsn, peer_window_bytes),
        flow(settings, packet_bytes),
        skipping(settings.queue.format),
        copies(settings.copy_after) {}

  // Call it when the rate may have changed.
  void SetPace() {
    if (settings.pacing) flow.pacer.SetRate(flow.congestion->pacing_rate());
  }

  const SenderSettings settings;
  MessageBuffer messages;
  Flight flight;
  PathFlow flow;  // that of the path in use
  Skipping skipping;
  Copies copies;
  ExtraPacket extra;
  SenderCounters counters;
};

// What one SACK, or the passing of time, has shown so far.
struct Acked {
  std::size_t delivered_bytes = 0, lost_bytes = 0;
  std::size_t reported_late_bytes = 0;  // part of these: it is not known when they came
  bool new_recovery = false, progress = false;
  PacketNumber newest_packet;
  PacketRecord newest;
  bool newest_known = false;
  Duration rtt{};
};

}  // namespace sctp
