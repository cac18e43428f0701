// KernelCore and the several addresses that a peer may have. The kernel probes them and moves among
// them. This file finds out which one is in use, and sets which one is preferred.
#include <algorithm>

#include "funnel-sctpd/engine/kernel/kernel_core.h"

namespace funnel::sctp {
namespace {

bool IsOneOf(const PeerPath& path, const std::vector<PathStats>& paths) {
  return std::any_of(paths.begin(), paths.end(), [&](const PathStats& other) {
    return other.carrier == path.carrier && other.address.SameHost(path.address);
  });
}

}  // namespace

// An association keeps the addresses and the carrier that its handshake named.
bool KernelCore::OfferPaths(AssociationId id, std::vector<PeerPath> paths) {
  KernelAssociation* association = table_.Find(id);
  if (association == nullptr || association->state() != KernelAssociation::State::kUp) return false;
  if (paths.size() > kMaxPaths) paths.resize(kMaxPaths);
  auto known = association->socket.PathsOf(association->raw);
  if (!std::all_of(paths.begin(), paths.end(),
                   [&](const PeerPath& path) { return IsOneOf(path, known); }))
    return false;
  association->offered = std::move(paths);
  association->PreferBest(known);
  return true;  // OnMoved follows at the next look
}

void KernelCore::LookAtPaths(KernelAssociation& association) {
  // The kernel also reports paths while the handshake lasts.
  if (association.state() == KernelAssociation::State::kConnecting) return;
  auto paths = association.socket.PathsOf(association.raw);
  if (paths.empty()) return;
  association.PreferBest(paths);
  TransportAddress before = association.paths.front();
  association.paths.clear();
  for (const PathStats& path : paths) association.paths.push_back(path.address);
  if (paths.front().address == before) return;
  observer_.OnMoved(association.id, {paths.front().address, paths.front().carrier});
}

}  // namespace funnel::sctp
