// The associations that sctpd has reported to us, each with its end of @peer.
#pragma once

#include <map>
#include <memory>

#include "common/ipc/authd_messages.h"
#include "funnel-authd/peer/peer_link.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class PeerLinks {
 public:
  // sctpd admits fewer than this.
  static constexpr std::size_t kMaxLinks = 4096;

  // INSTANCE is larger than the number of any earlier start of this node.
  PeerLinks(SharedState& shared, std::uint64_t instance) : shared_(shared), instance_(instance) {}

  void On(ClientId sctpd, const ipc::PeerStart& message);
  void On(ClientId sctpd, ipc::PeerFrame message);
  void On(ClientId sctpd, const ipc::PeerGone& message);
  void ClientGone(ClientId client);
  void Recheck();

  // The link of a configured peer that is furthest in being verified; nullptr: there is none.
  [[nodiscard]] const PeerLink* OfPeer(const std::string& peer) const;

 private:
  struct Entry {
    ClientId sctpd;
    std::unique_ptr<PeerLink> link;
  };
  PeerLink* LinkOf(ClientId sctpd, AssociationId association);

  SharedState& shared_;
  const std::uint64_t instance_;
  std::map<AssociationId, Entry> links_;
};

// A number for this start of the node: the present time, or one more than the last number where the
// clock was set back. It is kept in STATE_DIR/instance.
[[nodiscard]] std::uint64_t NextInstance(const std::string& state_dir);

}  // namespace funnel::authd
