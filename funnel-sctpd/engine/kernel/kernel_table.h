// All associations of the kernel engine, and the epoll set of their sockets; and whether one more
// may be there.
//
// Owned by the engine.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/kernel/kernel_association.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

class KernelTable {
 public:
  // SETTINGS outlives it.
  explicit KernelTable(const Settings& settings);

  // What is readable has the id of the association; 0: the listener's.
  [[nodiscard]] int fd() const { return epoll_.get(); }
  [[nodiscard]] Result<> Watch(const KernelSocket& listener);

  // Takes SOCKET over, with its one association.
  [[nodiscard]] Result<KernelAssociation*> Add(KernelSocket socket, KernelAssociationId raw);
  void Remove(AssociationId id) { associations_.erase(id); }
  // nullptr: there is none.
  [[nodiscard]] KernelAssociation* Find(AssociationId id) const;
  using Associations = std::unordered_map<AssociationId, std::unique_ptr<KernelAssociation>>;
  [[nodiscard]] const Associations& all() const { return associations_; }

  // Whether an association with TARGET may be begun.
  [[nodiscard]] Result<> CheckRoomFor(const Target& target) const;
  // Whether one more association may be made by a peer that connects to us.
  [[nodiscard]] bool MayAssociate(const TransportAddress& peer) const;
  // The configured peers' hosts, which are no strangers.
  void SetKnownHosts(const std::vector<TransportAddress>& hosts);

 private:
  [[nodiscard]] bool IsKnown(const TransportAddress& host) const;

  const Settings& settings_;
  UniqueFd epoll_;
  Associations associations_;
  std::unordered_set<TransportAddress> known_;  // without ports
  std::uint64_t last_id_ = 0;
};

}  // namespace funnel::sctp
