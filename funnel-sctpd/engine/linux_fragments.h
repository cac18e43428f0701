// How Linux's SCTP counts the fragments of a message.
#pragma once

#include <cstdint>

namespace funnel::sctp {

// Linux numbers a message's fragments wrongly in I-DATA: the second one has the fragment sequence
// number 0, where RFC 8260 section 2.1 gives that to the first (whose field holds something else).
// Between Linux hosts nobody notices; with any other peer no message of two and more fragments gets
// through. So our engine on Linux's SCTP says by the adaptation layer indication (RFC 5061
// section 4.2.6) that its kernel counts so, and SCTP of our own translates for such peers.
inline constexpr std::uint32_t kLinuxFragmentsIndication = 0x464E4C30;  // "FNL0"

}  // namespace funnel::sctp
