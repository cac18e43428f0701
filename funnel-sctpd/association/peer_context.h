// What the parts of one Peer share (begun_associations.h, dialling.h, failback.h): references,
// which outlive them.
#pragma once

#include "funnel-sctpd/association/association_host.h"
#include "funnel-sctpd/association/peer_addresses.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

struct PeerContext {
  // The peer that they are parts of. It is constructed after them, so they must not use it before.
  Peer& peer;
  SharedState& shared;
  AssociationHost& host;
  PeerAddresses& addresses;
};

}  // namespace funnel::sctpd
