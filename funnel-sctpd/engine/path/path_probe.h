// The HEARTBEATs (RFC 9260 section 3.3.5) by which the userland engine tries the ways to a peer.
// Whatever SCTP the peer has answers them, with what they hold unchanged (section 8.3).
//
//   +----------+----------+------------+-------------+--------------+----------------------+
//   | type 4,5 | flags 0  | length 32  | info type 1 | length 28    | "FNLPATH1" nonce 128 |
//   +----------+----------+------------+-------------+--------------+----------------------+
//
// libusrsctp's own HEARTBEATs are its own business; these it never sees, nor their answers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "funnel-sctpd/engine/packet/packet.h"

namespace funnel::sctp {

// Who answers with it was asked at that address: nobody else can know it.
using ProbeNonce = std::array<std::uint64_t, 2>;
[[nodiscard]] ProbeNonce NewProbeNonce();

inline constexpr std::size_t kProbePacketBytes = kHeaderBytes + 32;

// Fills ROOM, of kProbePacketBytes, checksum and all.
void WriteProbe(MutableByteView room, const PacketHeader& header, const ProbeNonce& nonce);
// What a HEARTBEAT or HEARTBEAT ACK of this kind holds; nullopt: it is another's.
[[nodiscard]] std::optional<ProbeNonce> ReadProbe(const Chunk& chunk);

// The answer to a HEARTBEAT of any kind: the same bytes as a HEARTBEAT ACK.
[[nodiscard]] std::size_t HeartbeatAnswerBytes(const Chunk& heartbeat);
// Fills ROOM, of that size.
void WriteHeartbeatAnswer(MutableByteView room, const PacketHeader& header, const Chunk& heartbeat);

}  // namespace funnel::sctp
