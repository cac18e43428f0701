// The addresses that a peer lists in INIT or INIT ACK (RFC 9260 section 5.1.2), as far as they can
// be a peer's: nobody may make us send probes to multicast or broadcast addresses, or to our own.
#pragma once

#include <span>
#include <vector>

#include "sctp/base/address.h"

namespace sctp {

// Where FROM, which the handshake goes by, lists HOSTS: FROM itself first. The others are reached
// by the same carrier, and the same UDP port; those of the other IP version are left out, for a
// carrier's number says nothing of them.
[[nodiscard]] std::vector<Address> PathsOf(const Address& from, std::span<const Host> hosts);

}  // namespace sctp
