#include "funnel-tcpd/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>

namespace funnel::tcpd {
namespace {

// After the first silent period this many probes are sent, spread over about the same time again.
constexpr int kProbes = 4;
// Linux accepts no longer times (MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL), and then refuses the others,
// too.
constexpr std::int64_t kLongestKeepalive = 32767;

void Set(int fd, int level, int option, int value) {
  (void)setsockopt(fd, level, option, &value, sizeof value);
}

void SetLinger(int fd, bool reset_on_close) {
  const linger value{.l_onoff = reset_on_close ? 1 : 0, .l_linger = 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

}  // namespace

void PrepareStream(int fd, std::chrono::milliseconds keepalive) {
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetLinger(fd, true);
  // A channel has no urgent data: the byte is kept at its place in the stream.
  Set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
  if (keepalive.count() <= 0) return;
  const int seconds = static_cast<int>(std::clamp<std::int64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(keepalive).count(), 1, kLongestKeepalive));
  Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, seconds / kProbes));
  Set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void CloseWithReset(UniqueFd fd) {
  SetLinger(fd.get(), true);
  fd.reset();
}

void CloseCleanly(UniqueFd fd) {
  SetLinger(fd.get(), false);
  fd.reset();
}

}  // namespace funnel::tcpd
