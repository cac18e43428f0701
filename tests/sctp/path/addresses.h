// Addresses for tests of paths.
#pragma once

#include "sctp/base/address.h"

namespace sctp {

// 10.0.0.NUMBER, with SCTP in UDP.
inline Address At(std::uint8_t number) {
  Address address;
  address.host[10] = address.host[11] = 0xff;
  address.host[12] = 10;
  address.host[15] = number;
  address.port = 9899;
  return address;
}

}  // namespace sctp
