#include "funnel-udpd/group_member.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/log.h"

namespace funnel::udpd {
namespace {

using config::MulticastGroup;

// An interface that has come back is a member again after this time.
constexpr std::chrono::seconds kAgain{10};

// By the socket, and so in its network namespace: the process itself has one without interfaces.
Result<int> IndexOf(int fd, const std::string& interface) {
  if (interface.empty()) return 0;
  ifreq request{};
  std::memcpy(request.ifr_name, interface.data(),
              std::min(interface.size(), sizeof request.ifr_name - 1));
  if (ioctl(fd, SIOCGIFINDEX, &request) < 0) return FailErrno(interface);
  return request.ifr_ifindex;
}

// Membership begins (IP_ADD_MEMBERSHIP) or ends.
Result<> SetMember(int fd, const MulticastGroup& group, bool member) {
  const int index = TRY(IndexOf(fd, group.interface));
  int done = 0;
  if (group.address.family() == AF_INET) {
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.address.ip_bytes().data(),
                sizeof request.imr_multiaddr);
    request.imr_ifindex = index;
    done = setsockopt(fd, IPPROTO_IP, member ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
                      sizeof request);
  } else {
    ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.address.ip_bytes().data(),
                sizeof request.ipv6mr_multiaddr);
    request.ipv6mr_interface = static_cast<unsigned>(index);
    done = setsockopt(fd, IPPROTO_IPV6, member ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP,
                      &request, sizeof request);
  }

  // It is one already.
  if (done == 0 || (member && errno == EADDRINUSE)) return {};
  return FailErrno(group.text());
}

}  // namespace

GroupMember::GroupMember(SharedState& shared)
    : shared_(shared), again_(shared.loop.AddTimer([this] { JoinAll(); })) {}

void GroupMember::Configure(int fd, int family) {
  fd_ = fd;
  // Neither is fatal: an older kernel has no such option for IPv6.
  constexpr int kOff = 0;
  (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &kOff, sizeof kOff);
  if (family == AF_INET6)
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &kOff, sizeof kOff);

  std::vector<MulticastGroup> next = shared_.service.listen_multicast;
  std::erase_if(next, [&](const auto& group) { return group.address.family() != family; });
  for (const MulticastGroup& former : groups_) {
    // Where its interface has gone, so has the membership.
    if (std::ranges::find(next, former) == next.end())
      (void)SetMember(fd_, former, /*member=*/false);
  }

  groups_ = std::move(next);
  reported_ = false;
  JoinAll();
}

void GroupMember::JoinAll() {
  again_->Disarm();
  if (groups_.empty()) return;
  again_->ArmAfter(kAgain);

  bool all = true;
  for (const MulticastGroup& group : groups_) {
    const auto joined = SetMember(fd_, group, /*member=*/true);
    if (joined) continue;
    all = false;
    shared_.Count(kGroupJoinsFailed);
    if (!reported_)
      Log(LogLevel::kWarning, "group-not-joined", joined.error().message,
          {{"SERVICE", shared_.service.name.text()}});
  }
  reported_ = !all;
}

}  // namespace funnel::udpd
