#include "funnel-tcpd/answering.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace funnel::tcpd {
namespace {

constexpr int kAnyTtl = 0;
constexpr int kGreatestTtl = 255;

}  // namespace

Result<> SetAnswering(int fd, bool on) {
  int family = 0;
  socklen_t size = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
    return FailErrno("cannot tell a listening socket's family");

  const bool six = family == AF_INET6;
  const int ttl = on ? kAnyTtl : kGreatestTtl;
  if (setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MINHOPCOUNT : IP_MINTTL, &ttl,
                 sizeof ttl) != 0)
    return FailErrno(on ? "cannot let a listening socket answer again"
                        : "cannot keep a listening socket from answering");
  return {};
}

}  // namespace funnel::tcpd
