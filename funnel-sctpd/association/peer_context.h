// What the parts of one Peer share (begun_associations.h, dialling.h, failback.h): references,
// which outlive them.
#pragma once

#include "funnel-sctpd/association/association_host.h"
#include "funnel-sctpd/association/peer_addresses.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

struct PeerContext {
  // The peer to which the parts belong. It is constructed after them, so they must not use it
  // earlier.
  Peer& peer;
  SharedState& shared;
  AssociationHost& host;
  PeerAddresses& addresses;
};

}  // namespace funnel::sctpd
