// A packet that leaves.
#pragma once

#include "common/base/ids.h"
#include "sctp/base/address.h"

namespace sctp {

struct Departure {
  Address to;
  std::size_t size = 0;
  // The association that sends it; 0: an answer to a stranger.
  funnel::AssociationId association{};
  // It tests whether a packet of its size arrives: IP must not fragment it ("don't fragment"), as
  // it may fragment all others.
  bool must_stay_whole = false;
};

}  // namespace sctp
