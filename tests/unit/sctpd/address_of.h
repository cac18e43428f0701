// Addresses for tests.
#pragma once

#include <string>

#include "funnel-sctpd/engine/address.h"

namespace funnel::sctpd {

// TEXT as an administrator writes it; without a port it has that of SCTP in UDP.
inline sctp::TransportAddress AddressOf(const std::string& text) {
  return *sctp::TransportAddress::Parse(text, 9899);
}

}  // namespace funnel::sctpd
