// Whether packets of packet-size reach a peer whole: a datagram of that size with DF set is sent to
// a port where nobody listens. "Port unreachable" proves that it arrived; "too big" names the MTU.
// If a small one is answered and the large one is not, something on the path silently drops large
// packets.
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "common/base/socket.h"
#include "common/base/unique_fd.h"
#include "funnelctl/doctor/checks.h"

namespace funnel::ctl::doctor {
namespace {

constexpr std::uint16_t kProbePort = 33434;  // where traceroute begins: seldom used
constexpr int kTries = 3;                    // a lost probe must not look like a black hole
constexpr int kWaitMilliseconds = 250;
// Linux sends a host at most one "port unreachable" in a second (icmp_ratelimit), after a few at
// once: that can be the reason for silence.
constexpr std::chrono::milliseconds kAnswersApart{1100};
constexpr int kRounds = 2;
// Sizes of IP packets that some links are known to carry: PPPoE, tunnels, the minimum of IPv6, of
// IPv4.
constexpr std::int64_t kUsualSizes[] = {1492, 1420, 1400, 1280, 576};
constexpr std::int64_t kIpv4Headers = 28;  // IP and UDP
constexpr std::int64_t kIpv6Headers = 48;

struct Probe {
  UniqueFd socket;
  bool ipv6 = false;

  // What the kernel knows about the path so far.
  [[nodiscard]] int mtu() const {
    int value = 0;
    socklen_t size = sizeof value;
    getsockopt(socket.get(), ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_MTU : IP_MTU, &value,
               &size);
    return value;
  }
};

Result<Probe> Connect(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (int code = getaddrinfo(host.c_str(), std::to_string(kProbePort).c_str(), &hints, &found);
      code != 0)
    return Fail(host + ": " + gai_strerror(code));
  Probe out{UniqueFd(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
            found->ai_family == AF_INET6};
  int discover = out.ipv6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO;

  bool fine =
      out.socket &&
      setsockopt(out.socket.get(), out.ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                 out.ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &discover, sizeof discover) == 0 &&
      connect(out.socket.get(), found->ai_addr, found->ai_addrlen) == 0;

  int error = errno;
  freeaddrinfo(found);
  if (!fine) return FailErrno("no route to " + host, error);
  return out;
}

// The error that was reported for a datagram of SIZE bytes; 0: there was none in time.
int SendAndListen(const Probe& probe, std::size_t size, int tries = kTries) {
  const std::string payload(size, '\0');
  for (int round = 0; round < tries; ++round) {
    if (send(probe.socket.get(), payload.data(), payload.size(), 0) < 0) return errno;
    pollfd wait{probe.socket.get(), 0, 0};
    if (poll(&wait, 1, kWaitMilliseconds) <= 0) continue;
    if (const int error = TakeSocketError(probe.socket.get()); error != 0) return error;
  }
  return 0;
}

// The largest of the usual sizes below LIMIT that was answered; 0: not even the smallest.
std::int64_t LargestAnswered(const Probe& probe, std::int64_t limit, std::int64_t headers) {
  auto answered = [&](std::int64_t size) {
    return SendAndListen(probe, static_cast<std::size_t>(size - headers)) == ECONNREFUSED;
  };
  if (!answered(*std::rbegin(kUsualSizes))) return 0;
  const auto* found = std::ranges::find_if(
      kUsualSizes, [&](std::int64_t size) { return size < limit && answered(size); });
  return found == std::end(kUsualSizes) ? *std::rbegin(kUsualSizes) : *found;
}

// Whether packets of LARGE bytes vanish while those of SMALL arrive. When the far end may answer
// again, the large one is sent first: if it had arrived, it would use up the answer, and the small
// one would get none.
bool Vanish(const Probe& probe, std::int64_t large, std::int64_t small, std::int64_t headers) {
  auto answered = [&](std::int64_t size) {
    return SendAndListen(probe, static_cast<std::size_t>(size - headers), /*tries=*/1) != 0;
  };
  for (int round = 0; round < kRounds; ++round) {
    std::this_thread::sleep_for(kAnswersApart);
    if (answered(large) || !answered(small)) return false;
  }
  return true;
}

std::string Bytes(std::int64_t count) { return std::to_string(count) + " B"; }

// Packets of FITS bytes pass and ours, as TEXT says, do not. An engine that finds this out (RFC
// 8899) makes its packets smaller by itself.
Finding Narrow(const Context& context, const std::string& text, std::int64_t fits) {
  if (context.view.sctpd.status && context.view.sctpd.status->engine == "own")
    return Ok(text + "; SCTP finds that out and makes its packets smaller");
  return Wrong(text,
               "[sctp] packet-size = " + std::to_string(fits - kIpv4Headers) + "B, at both ends");
}

}  // namespace

Findings CheckPathMtu(const Context& context, const std::string& peer_host) {
  const config::SctpConfig& sctp = context.configuration()->node.sctp;
  auto probe = Connect(peer_host);
  if (!probe) return {Wrong(probe.error().message, "ip route; look at the name in `connect`")};

  // The engine makes IPv6 packets smaller, so that IP packets have the same size over both.
  std::int64_t packet = static_cast<std::int64_t>(sctp.packet_size_bytes) + kIpv4Headers;
  std::int64_t headers = probe->ipv6 ? kIpv6Headers : kIpv4Headers;
  int error = SendAndListen(*probe, static_cast<std::size_t>(packet - headers));
  if (error == EMSGSIZE) {
    return {Narrow(context,
                   "the path to " + peer_host + " takes packets of " + Bytes(probe->mtu()) +
                       ", ours have " + Bytes(packet),
                   probe->mtu())};
  }

  if (error == ECONNREFUSED)
    return {Ok("packets of " + Bytes(packet) + " reach " + peer_host + " whole")};
  if (error != 0) return {Wrong(peer_host + ": " + std::strerror(error), "ip route get; firewall")};

  if (const std::int64_t fits = LargestAnswered(*probe, packet, headers);
      fits != 0 && Vanish(*probe, packet, fits, headers))
    return {Narrow(context,
                   "packets of " + Bytes(packet) + " to " + peer_host +
                       " get no answer, those of " + Bytes(fits) +
                       " do: something on the path drops large packets silently",
                   fits)};

  return {Ok("MTU " + Bytes(probe->mtu()) + " for packets of " + Bytes(packet) +
             "; the far end does not confirm it")};
}

}  // namespace funnel::ctl::doctor
