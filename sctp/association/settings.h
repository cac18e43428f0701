// The settings of an association, why it ends, and what it counts.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sctp/handshake/initiator.h"
#include "sctp/path/heartbeats.h"
#include "sctp/path/paths.h"
#include "sctp/receive/ack_policy.h"
#include "sctp/send/sender.h"

namespace sctp {

enum class DownReason {
  kNoAnswer,   // nobody answered our INIT in time
  kShutdown,   // ended in order, by either side
  kAborted,    // the peer ended it at once
  kDeadPeer,   // nothing heard for Heartbeats::Settings::dead_after
  kRestarted,  // the peer restarted; a successor follows
  kLocal,      // Abort was called here
  kViolation,  // the peer broke a limit
};
[[nodiscard]] std::string_view Name(DownReason reason);

struct AssociationSettings {
  Capabilities capabilities{true, true, kTakesManyChunks};
  // A peer with this adaptation layer indication numbers the fragments of I-DATA as Linux does: the
  // second one has the number that RFC 8260 section 2.1 gives the first.
  std::optional<std::uint32_t> linux_fragments;
  std::uint16_t out_streams = 1024, in_streams = 1024;
  std::size_t max_message_bytes = 128 * 1024;
  // Before Trust(), and after it.
  std::size_t first_window_bytes = 96 * 1024, window_bytes = 4 << 20;
  // The largest packet, SCTP's header included. With SEARCH_MTU packets become as large as the
  // paths are found to carry (mtu_search.h), beginning with MtuSearch::kBase.
  std::size_t packet_bytes = 1472;
  bool search_mtu = false;
  AckPolicy::Settings ack;
  std::size_t send_buffer_bytes = 4 << 20;
  // Towards a peer that accepts so many (kTakesManyChunks): twice what 1 Gbit/s holds at 200 ms,
  // for 3.8 MB of records in the worst case. The other is for other peers, some of which drop what
  // is further ahead.
  std::size_t max_outstanding_chunks = 32768;
  std::size_t max_outstanding_chunks_of_others = 4096;
  Duration peer_ack_delay = std::chrono::milliseconds(25);
  RoundTrip::Settings round_trip;
  CongestionLaw congestion = CongestionLaw::kModel;
  // How long after its original a copy (SendOptions::copy) is sent.
  Duration copy_after = std::chrono::milliseconds(5);
  Initiator::Settings initiator;
  Heartbeats::Settings heartbeats;
  Paths::Settings paths;
  // Our addresses, which INIT and INIT ACK list for the peer (RFC 9260 section 5.1.2); and whether
  // the addresses that a peer lists are tried as paths to it.
  std::vector<Host> own_hosts;
  bool takes_hosts = true;
  // An ABORT, a SHUTDOWN or a restart of an association that is up is believed only if HEARTBEATs
  // get no answer (end_question.h, shutdown_claim.h), and a SHUTDOWN ACK if no more data follows;
  // otherwise all are believed at once, as RFC 9260 has it.
  bool ends_are_questions = true;
};

struct AssociationCounters {
  SenderCounters sent;
  std::uint64_t packets_in = 0, packets_out = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t messages_in = 0, duplicate_chunks = 0, refused_chunks = 0, impossible_chunks = 0;
  std::uint64_t ends_refuted = 0;
  // Neither refuted nor proven: nothing was heard, or the SHUTDOWN was not repeated.
  std::uint64_t shutdowns_forgotten = 0;
  std::uint64_t sacks_out = 0, unknown_chunks = 0, malformed_chunks = 0;
  // Packets with the right tag from an address that the peer has not proven; they were not read.
  std::uint64_t packets_unproven = 0;
  std::uint64_t moves = 0, failovers = 0;  // to another path; because the one before fell silent
};

}  // namespace sctp
