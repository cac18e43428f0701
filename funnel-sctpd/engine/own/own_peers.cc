#include "funnel-sctpd/engine/own/own_peers.h"

namespace funnel::sctp {

OwnPeer& OwnPeers::Begin(AssociationId id, const TransportAddress& address,
                         std::uint16_t sctp_port) {
  OwnPeer& peer = peers_[id];
  peer.address = address;
  peer.sctp_port = sctp_port;
  peer.begun = begun_.emplace(Target{address, sctp_port}, id).second;
  return peer;
}

void OwnPeers::Unbegin(OwnPeer& peer) {
  if (!peer.begun) return;
  peer.begun = false;
  begun_.erase({peer.address, peer.sctp_port});
}

void OwnPeers::BeginEnd(AssociationId id, TimePoint deadline) {
  OwnPeer* peer = Find(id);
  if (peer == nullptr || peer->deadline != TimePoint::max()) return;
  Unbegin(*peer);
  peer->deadline = deadline;
  endings_.emplace(deadline, id);
}

void OwnPeers::Remove(AssociationId id) {
  OwnPeer* peer = Find(id);
  if (peer == nullptr) return;
  Unbegin(*peer);
  if (peer->deadline != TimePoint::max()) endings_.erase({peer->deadline, id});
  peers_.erase(id);
}

}  // namespace funnel::sctp
