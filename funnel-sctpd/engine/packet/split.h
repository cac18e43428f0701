// Cuts the packets that SCTP makes into packets that a path takes.
//
// SCTP's congestion window counts in path MTUs, and after a loss it is a few of them. We tell it a
// path MTU of several packets (Settings::window_unit_bytes), so that it behaves as several flows
// would, keep each DATA chunk small enough for one packet (SCTP_MAXSEG), and cut here, at chunk
// boundaries. Any chunk may travel in a packet of its own, except where a packet's integrity or
// meaning hangs on the whole of it:
//  - AUTH covers all that follows it (RFC 4895 section 6.3);
//  - INIT, INIT ACK and SHUTDOWN COMPLETE stand alone anyway (RFC 9260 section 6.10);
//  - COOKIE ECHO must come before the DATA bundled with it: if the DATA overtook it, the peer, who
//  has no association
//    yet, would answer ABORT.
// Such packets, and a single chunk that is larger than the limit, go out whole; IP fragments them.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/bytes.h"

namespace funnel::sctp {

// Part of a packet: bytes [begin, end), always behind the common header, which each piece gets a
// copy of.
struct PacketPiece {
  std::size_t begin;
  std::size_t end;
};

// Fills PIECES (cleared first) with at least one piece; in order, without gaps. Each, with its
// header, is at most LIMIT_BYTES, unless the packet must not be cut (one piece) or one chunk alone
// is larger.
void PlanPieces(ByteView packet, std::size_t limit_bytes, std::vector<PacketPiece>& pieces);

}  // namespace funnel::sctp
