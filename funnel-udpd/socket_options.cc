#include "funnel-udpd/socket_options.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace funnel::udpd {
namespace {

constexpr int kOn = 1;
// About 10,000 small datagrams as the kernel counts them.
constexpr int kBufferBytes = 8 << 20;

// The service manager may have set more than we may ask for ourselves (ReceiveBuffer=): asking
// would lower it again.
void EnlargeBuffer(int fd, int option) {
  int now = 0;
  socklen_t size = sizeof now;
  if (getsockopt(fd, SOL_SOCKET, option, &now, &size) == 0 && now >= kBufferBytes) return;
  // The kernel grants what its limit allows, and does not fail.
  setsockopt(fd, SOL_SOCKET, option, &kBufferBytes, sizeof kBufferBytes);
}

}  // namespace

Result<> ReportDestination(int fd, int family) {
  const bool v6 = family == AF_INET6;
  const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  const int option = v6 ? IPV6_RECVPKTINFO : IP_PKTINFO;
  if (setsockopt(fd, level, option, &kOn, sizeof kOn) < 0) return FailErrno("setsockopt(PKTINFO)");
  return {};
}

Result<> ReportMark(int fd, int family) {
  if (setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &kOn, sizeof kOn) < 0 && family == AF_INET)
    return FailErrno("setsockopt(RECVTOS)");
  if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &kOn, sizeof kOn) < 0)
    return FailErrno("setsockopt(RECVTCLASS)");
  return {};
}

Result<> SetFragment(int fd, int family, config::Fragment fragment) {
  using config::Fragment;
  // The values of IPv4 and IPv6 are the same. IP_PMTUDISC_OMIT cuts to what the interface takes.
  const int how = fragment == Fragment::kHere       ? IP_PMTUDISC_WANT
                  : fragment == Fragment::kAnywhere ? IP_PMTUDISC_OMIT
                                                    : IP_PMTUDISC_DO;
  if (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how) < 0 && family == AF_INET)
    return FailErrno("setsockopt(MTU_DISCOVER)");
  if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how, sizeof how) < 0)
    return FailErrno("setsockopt(IPV6_MTU_DISCOVER)");
  return {};
}

static_assert(IP_PMTUDISC_WANT == IPV6_PMTUDISC_WANT && IP_PMTUDISC_OMIT == IPV6_PMTUDISC_OMIT &&
              IP_PMTUDISC_DO == IPV6_PMTUDISC_DO);

void EnlargeBuffers(int fd) {
  EnlargeBuffer(fd, SO_RCVBUF);
  EnlargeBuffer(fd, SO_SNDBUF);
}

}  // namespace funnel::udpd
