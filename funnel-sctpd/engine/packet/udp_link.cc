#include "funnel-sctpd/engine/packet/udp_link.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace funnel::sctp {
namespace {

// Linux takes at most 64 segments (UDP_MAX_SEGMENTS) and one IP packet's length for all of them.
constexpr std::size_t kMaxSegments = 64;
constexpr std::size_t kMaxTrainBytes = 65507 - 40;
// Between two turns of a busy loop a 1 Gbit/s line brings 1 MB in 10 ms.
constexpr int kSocketBufferBytes = 4 << 20;

// The address of ours that the kernel would send from to PEER; nullopt: it has no route.
std::optional<std::array<std::uint8_t, 16>> SourceTo(const TransportAddress& peer) {
  sockaddr_storage raw;
  socklen_t length = peer.WithPort(peer.port() != 0 ? peer.port() : 9).ToSockaddr(raw);
  UniqueFd fd(::socket(raw.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&raw), length) < 0)
    return std::nullopt;
  length = sizeof raw;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&raw), &length) < 0) return std::nullopt;
  auto local = TransportAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), length);
  if (!local) return std::nullopt;
  return local->ip();
}

void SetInt(int fd, int level, int option, int value) {
  // Each may fail: we do without what the kernel does not know or does not allow.
  (void)::setsockopt(fd, level, option, &value, sizeof value);
}

// MAY: what is too large for a link is cut there. No ICMP message about it is believed either way.
void LetIpCut(int fd, bool ipv6, bool may) {
  SetInt(fd, IPPROTO_IP, IP_MTU_DISCOVER, may ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE);
  if (ipv6)
    SetInt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, may ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
}

bool MustStayWhole(const OutputQueue::Entry& entry) {
  return entry.travel == OutputQueue::Travel::kWhole;
}

}  // namespace

UdpLink::UdpLink(std::vector<Socket> sockets)
    : sockets_(std::move(sockets)), batch_(new UdpBatch) {}
UdpLink::~UdpLink() = default;

Result<UdpLink::Socket> UdpLink::Prepare(UniqueFd fd) {
  int family = 0, type = 0;
  socklen_t length = sizeof family;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_DOMAIN, &family, &length) < 0)
    return FailErrno("SO_DOMAIN");
  length = sizeof type;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &length) < 0) return FailErrno("SO_TYPE");
  int protocol = 0;
  length = sizeof protocol;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PROTOCOL, &protocol, &length) < 0)
    return FailErrno("SO_PROTOCOL");
  bool is_raw = type == SOCK_RAW && protocol == IPPROTO_SCTP;
  if ((type != SOCK_DGRAM && !is_raw) || (family != AF_INET && family != AF_INET6))
    return Fail("neither a UDP socket nor a raw one for SCTP", EINVAL);

  Socket socket{std::move(fd), is_raw, family == AF_INET6};
  sockaddr_storage bound{};
  length = sizeof bound;
  if (::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&bound), &length) < 0)
    return FailErrno("getsockname");
  if (auto at = TransportAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&bound), length))
    socket.local = at->ip();
  int raw = socket.fd.get();
  // Beyond net.core.rmem_max with CAP_NET_ADMIN only; up to it for all.
  SetInt(raw, SOL_SOCKET, SO_RCVBUF, kSocketBufferBytes);
  SetInt(raw, SOL_SOCKET, SO_SNDBUF, kSocketBufferBytes);
  SetInt(raw, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBufferBytes);
  SetInt(raw, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBufferBytes);
  SetInt(raw, SOL_UDP, UDP_GRO, 1);
  LetIpCut(raw, socket.ipv6, true);
  SetInt(raw, IPPROTO_IP, IP_PKTINFO, 1);
  if (socket.ipv6) {
    SetInt(raw, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    int v6_only = 0;
    length = sizeof v6_only;
    if (::getsockopt(raw, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &length) < 0)
      return FailErrno("IPV6_V6ONLY");
    socket.v6_only = v6_only != 0;
  }
  return socket;
}

Result<std::unique_ptr<UdpLink>> UdpLink::Make(std::vector<UniqueFd> sockets) {
  std::vector<Socket> prepared;
  for (UniqueFd& fd : sockets) {
    Socket socket = TRY(Prepare(std::move(fd)));
    for (const Socket& other : prepared)
      if (other.ipv6 == socket.ipv6 && other.raw == socket.raw && other.local == socket.local)
        return Fail("two sockets of one kind and address", EINVAL);
    prepared.push_back(std::move(socket));
  }
  if (prepared.empty()) return Fail("no UDP socket", EINVAL);
  return std::unique_ptr<UdpLink>(new UdpLink(std::move(prepared)));
}

std::vector<int> UdpLink::fds() const {
  std::vector<int> out;
  for (const Socket& socket : sockets_) out.push_back(socket.fd.get());
  return out;
}

// The one that is bound to the route's own address; if the route names none and there are several
// sockets, the one whose address the kernel would take.
UdpLink::Socket* UdpLink::SocketFor(const Route& route) {
  const TransportAddress& peer = route.peer;
  Socket *mapped = nullptr, *first = nullptr;
  bool several = false;

  for (Socket& socket : sockets_) {
    if (socket.raw != (peer.port() == 0)) continue;
    if (socket.ipv6 == peer.is_ipv6()) {
      if (route.local != Route{}.local && socket.local == route.local) return &socket;
      several = first != nullptr;
      if (first == nullptr) first = &socket;
    } else if (!peer.is_ipv6() && !socket.v6_only && !socket.raw) {
      mapped = &socket;
    }
  }

  if (first == nullptr) return mapped;
  if (several && route.local == Route{}.local)
    if (auto local = SourceTo(peer))
      for (Socket& socket : sockets_)
        if (socket.raw == first->raw && socket.ipv6 == first->ipv6 && socket.local == *local)
          return &socket;
  return first;
}

bool UdpLink::Reaches(const TransportAddress& address) const {
  return const_cast<UdpLink*>(this)->SocketFor({address, {}}) != nullptr;
}

// How many packets from FIRST on can travel as one train: one route, all of one size, the last may
// be shorter; none of those that must not.
std::size_t UdpLink::RunLength(const OutputQueue& queue, std::size_t first, const Socket& socket,
                               TimePoint now) const {
  const auto& head = queue.entry(first);
  if (socket.raw || head.travel != OutputQueue::Travel::kInTrains ||
      head.size > trains_.LargestSegment(head.route.peer, now))
    return 1;

  std::size_t count = 1, bytes = head.size;
  while (first + count < queue.size() && count < kMaxSegments) {
    const auto& next = queue.entry(first + count);
    if (next.size > head.size || bytes + next.size > kMaxTrainBytes || next.route != head.route ||
        next.travel != head.travel)
      break;
    bytes += next.size;
    ++count;
    if (next.size < head.size) break;
  }
  return count;
}

// Messages for SOCKET from the queue's front; stops at a packet for another socket, and before and
// behind one that must stay whole.
std::size_t UdpLink::FillBatch(OutputQueue& queue, const Socket& socket, TimePoint now) {
  std::size_t messages = 0;
  for (std::size_t at = 0; at < queue.size() && messages < UdpBatch::kMessages; ++messages) {
    if (SocketFor(queue.entry(at).route) != &socket) break;
    if (messages > 0 && (MustStayWhole(queue.entry(at)) || MustStayWhole(queue.entry(0)))) break;
    std::size_t count = RunLength(queue, at, socket, now);
    MutableByteView first = queue.packet(at), last = queue.packet(at + count - 1);
    MutableByteView train(first.data(), last.data() + last.size());
    batch_->Fill(messages, queue.entry(at).route, socket.ipv6, train, first.size(), count);
    at += count;
  }
  return messages;
}

// The kernel refused the first message of the batch.
void UdpLink::RefuseFront(OutputQueue& queue, int error, TimePoint now, EngineCounters& counters) {
  std::size_t packets = batch_->packets[0];
  // No offload (EIO: the device cannot checksum), or segments larger than the route's MTU.
  bool offload_refused =
      error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP;
  if (packets > 1 && offload_refused) {
    // The same packets go out one by one next.
    trains_.Limit(queue.entry(0).route.peer, error == EIO ? 0 : queue.entry(0).size - 1, now);
    return;
  }
  // ENOBUFS: the device's queue is full; the socket stays writable, so that waiting would spin.
  // Else no route, or a firewall's EPERM: lost, as it would be further on.
  (error == ENOBUFS ? counters.output_dropped : counters.socket_errors) += packets;
  queue.Pop(packets);
}

// Sends what QUEUE's front has for SOCKET. False: the socket is full.
bool UdpLink::SendFront(OutputQueue& queue, Socket& socket, EngineCounters& counters) {
  const TimePoint now = Now();
  std::size_t messages = FillBatch(queue, socket, now);
  const bool whole = MustStayWhole(queue.entry(0));
  if (whole) LetIpCut(socket.fd.get(), socket.ipv6, false);
  int sent =
      ::sendmmsg(socket.fd.get(), batch_->messages, static_cast<unsigned>(messages), MSG_DONTWAIT);
  const int error = sent < 0 ? errno : 0;
  if (whole) LetIpCut(socket.fd.get(), socket.ipv6, true);

  if (sent < 0) {
    if (error == EAGAIN) {
      ++counters.socket_full;
      return false;
    }
    // Too large for our own link: that is what it asked.
    if (whole && error == EMSGSIZE)
      queue.Pop(1);
    else if (error != EINTR)
      RefuseFront(queue, error, now, counters);
    return true;
  }

  std::size_t packets = 0;
  for (int i = 0; i < sent; ++i) packets += batch_->packets[i];
  counters.packets_out += packets;
  for (int i = 0; i < sent; ++i) counters.bytes_out += batch_->vectors[i].iov_len;
  queue.Pop(packets);
  return true;
}

// QUEUE's first packet waits for SOCKET apart from the others, as long as QUEUE would let it.
void UdpLink::SetAside(OutputQueue& queue, Socket& socket, EngineCounters& counters) {
  const OutputQueue::Entry& entry = queue.entry(0);
  MutableByteView room;
  if (socket.waiting.bytes() + entry.size <= queue.limit_bytes())
    room = socket.waiting.Append(entry.route, entry.size, entry.travel);
  if (room.empty())
    ++counters.output_dropped;
  else
    std::memcpy(room.data(), queue.packet(0).data(), room.size());
  queue.Pop(1);
}

bool UdpLink::Transmit(OutputQueue& queue, EngineCounters& counters) {
  for (Socket& socket : sockets_)
    while (!socket.waiting.empty() && SendFront(socket.waiting, socket, counters)) {
    }
  while (!queue.empty()) {
    Socket* socket = SocketFor(queue.entry(0).route);
    if (socket == nullptr) {
      ++counters.socket_errors;
      queue.Pop(1);
    } else if (!socket->waiting.empty() || !SendFront(queue, *socket, counters)) {
      SetAside(queue, *socket, counters);
    }
  }
  return std::ranges::all_of(sockets_, [](const Socket& one) { return one.waiting.empty(); });
}

bool UdpLink::IsFull(int fd) const {
  return std::ranges::any_of(sockets_, [&](const Socket& socket) {
    return socket.fd.get() == fd && !socket.waiting.empty();
  });
}

std::size_t UdpLink::waiting_bytes() const {
  std::size_t bytes = 0;
  for (const Socket& socket : sockets_) bytes += socket.waiting.bytes();
  return bytes;
}

bool UdpLink::Receive(Sink& sink, EngineCounters& counters) {
  bool more = false;
  for (Socket& socket : sockets_)
    more |= receiver_.Receive(socket.fd.get(), socket.raw && !socket.ipv6, sink, counters);
  return more;
}

}  // namespace funnel::sctp
