#include "funnel-sctpd/engine/kernel/kernel_table.h"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "common/base/clock.h"

namespace funnel::sctp {

KernelTable::KernelTable(const Settings& settings)
    : settings_(settings), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

Result<> KernelTable::Watch(const KernelSocket& listener) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.fd(), &event) < 0)
    return FailErrno("epoll");
  return {};
}

Result<KernelAssociation*> KernelTable::Add(KernelSocket socket, KernelAssociationId raw) {
  auto association = std::make_unique<KernelAssociation>(std::move(socket), raw);
  association->id = AssociationId(++last_id_);
  association->last_received = Now();
  association->send_buffer = association->socket.SendBuffer();
  epoll_event event{.events = EPOLLIN, .data = {.u64 = last_id_}};
  int fd = association->socket.fd();
  // EEXIST: it has been another association's, which restarted.
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0 &&
      (errno != EEXIST || ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) < 0))
    return FailErrno("epoll");
  return (associations_[association->id] = std::move(association)).get();
}

KernelAssociation* KernelTable::Find(AssociationId id) const {
  auto found = associations_.find(id);
  return found == associations_.end() ? nullptr : found->second.get();
}

Result<> KernelTable::CheckRoomFor(const Target& target) const {
  const bool udp = target.carrier == Carrier::kUdp;
  for (const auto& [id, association] : associations_) {
    if (association->state() == KernelAssociation::State::kEnding ||
        association->carrier != target.carrier || association->peer_sctp_port != target.sctp_port)
      continue;
    for (const TransportAddress& address : target.addresses)
      for (const TransportAddress& path : association->paths)
        if (path.SameHost(address) && (!udp || path.port() == address.port()))
          return Fail("there is an association with " + address.text(), EISCONN);
  }

  if (associations_.size() >= settings_.max_associations)
    return Fail("too many associations", ENOSPC);
  return {};
}

void KernelTable::SetKnownHosts(const std::vector<TransportAddress>& hosts) {
  known_.clear();
  for (const TransportAddress& host : hosts) known_.insert(host.WithPort(0));
}

bool KernelTable::IsKnown(const TransportAddress& host) const {
  return known_.contains(host.WithPort(0));
}

bool KernelTable::MayAssociate(const TransportAddress& peer) const {
  if (associations_.size() >= settings_.max_associations) return false;
  if (IsKnown(peer)) return true;
  std::size_t strangers = 0, of_host = 0;
  for (const auto& [id, other] : associations_) {
    if (!other->incoming || other->trusted || IsKnown(other->peer)) continue;
    ++strangers;
    if (other->peer.SameHost(peer)) ++of_host;
  }
  return strangers < settings_.strangers.associations &&
         of_host < settings_.strangers.associations_per_host;
}

}  // namespace funnel::sctp
