// The first look at a packet from the network, before libusrsctp sees it: what is not sound, or
// uses what we never negotiate, goes no further. libusrsctp 0.9.5 is known to end associations on
// an unsound INIT, and not to be safe in some extensions' code.
#pragma once

#include "funnel-sctpd/engine/packet/packet.h"

namespace funnel::sctp {

struct PacketSummary {
  PacketHeader header{};
  ChunkType first = ChunkType::kData;
  // An ABORT or SHUTDOWN COMPLETE whose tag is the receiver's peer's.
  bool tag_reflected = false;
  bool has_abort = false;
  // The peer wants no more (RFC 9260 section 9.2).
  bool has_shutdown = false;
  // What SACK says has arrived.
  std::optional<std::uint32_t> acknowledged;
  // Anything but the probing of an idle path.
  bool is_traffic = false;
  // The peer sends by this path what it does not send by all, as heartbeats and their answers.
  bool uses_path = false;
  bool has_heartbeat = false;     // of any kind
  bool has_probe_answer = false;  // path_probe.h's
  // It could end an association, or change what it is: not to be believed of everybody who saw a
  // packet of it.
  bool has_control = false;
};

// nullopt unless the checksum is right, all chunks are whole and of kinds we use, and INIT, INIT
// ACK and SHUTDOWN COMPLETE stand alone; an INIT's tag is 0, its fields are legal, and its
// parameters are whole.
[[nodiscard]] std::optional<PacketSummary> Inspect(ByteView packet);

// What to say to a packet for no association of ours (RFC 9260 section 8.4): ABORT, SHUTDOWN
// COMPLETE, or nothing (empty). Never larger than what came.
[[nodiscard]] Bytes AnswerOutOfTheBlue(const PacketSummary& summary);

}  // namespace funnel::sctp
