// What KernelSocket asks the kernel's SCTP.
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/sctp.h>

#include <algorithm>
#include <cstring>

#include "funnel-sctpd/engine/kernel/kernel_socket.h"
#include "funnel-sctpd/engine/output_queue.h"

namespace funnel::sctp {
namespace {

template <typename T>
bool Get(int fd, int option, T& value, int level = IPPROTO_SCTP) {
  socklen_t length = sizeof value;
  return ::getsockopt(fd, level, option, &value, &length) == 0;
}

TransportAddress ToAddress(const sockaddr_storage& raw) {
  return TransportAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&raw), sizeof raw)
      .value_or(TransportAddress());
}

// spinfo_address lies unaligned in its struct.
sockaddr_storage AddressOf(const sctp_paddrinfo& info) {
  sockaddr_storage out;
  std::memcpy(&out, &info.spinfo_address, sizeof out);
  return out;
}

// States as sctp_paddrinfo has them. UNKNOWN: we named it, and the kernel has no state of it yet.
bool MaySend(std::int32_t state) { return state == SCTP_ACTIVE || state == SCTP_UNKNOWN; }

PathState StateOf(std::int32_t state) {
  switch (state) {
    case SCTP_ACTIVE:
      return PathState::kReachable;
    case SCTP_UNCONFIRMED:
    case SCTP_UNKNOWN:
      return PathState::kUntried;
    default:  // inactive, potentially failed
      return PathState::kSilent;
  }
}

PathStats ToPath(const sctp_paddrinfo& info, const TransportAddress& address) {
  PathStats path;
  path.address = address;
  path.carrier = CarrierOf(address);
  path.state = StateOf(info.spinfo_state);
  path.srtt = std::chrono::milliseconds(info.spinfo_srtt);
  path.rto = std::chrono::milliseconds(info.spinfo_rto);
  path.cwnd_bytes = info.spinfo_cwnd;
  path.mtu_bytes = info.spinfo_mtu;
  return path;
}

// As the kernel has them: port and family as its socket's.
std::vector<sockaddr_storage> PeerAddresses(int fd, sctp_assoc_t association) {
  sockaddr* addresses = nullptr;
  int count = sctp_getpaddrs(fd, association, &addresses);
  std::vector<sockaddr_storage> out;
  const auto* at = reinterpret_cast<const std::uint8_t*>(addresses);
  for (int i = 0; i < count; ++i) {
    sa_family_t family;
    std::memcpy(&family, at, sizeof family);
    std::size_t length = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    std::memcpy(&out.emplace_back(), at, length);
    at += length;
  }
  if (count > 0) sctp_freepaddrs(addresses);
  return out;
}

}  // namespace

std::uint16_t KernelSocket::UdpPortOf(KernelAssociationId association,
                                      const sockaddr_storage& address) const {
  sctp_udpencaps encapsulation{};
  encapsulation.sue_assoc_id = association.value();
  encapsulation.sue_address = address;
  return Get(fd_.get(), SCTP_REMOTE_UDP_ENCAPS_PORT, encapsulation) ? ntohs(encapsulation.sue_port)
                                                                    : 0;
}

std::optional<KernelSocket::Peer> KernelSocket::PeerOf(KernelAssociationId association) const {
  sctp_status status{};
  status.sstat_assoc_id = association.value();
  if (!Get(fd_.get(), SCTP_STATUS, status)) return std::nullopt;
  sctp_assoc_value interleaving{association.value(), 0};
  (void)Get(fd_.get(), SCTP_INTERLEAVING_SUPPORTED, interleaving);
  sockaddr_storage raw = AddressOf(status.sstat_primary);
  Peer out;
  out.sctp_port = ToAddress(raw).port();
  out.address = ToAddress(raw).WithPort(UdpPortOf(association, raw));
  out.interleaving = interleaving.assoc_value != 0;
  out.max_unfragmented = status.sstat_fragmentation_point;
  return out;
}

std::optional<KernelSocket::Traffic> KernelSocket::TrafficOf(
    KernelAssociationId association) const {
  sctp_assoc_stats stats{};
  stats.sas_assoc_id = association.value();
  if (!Get(fd_.get(), SCTP_GET_ASSOC_STATS, stats)) return std::nullopt;
  sctp_prstatus given_up{};
  given_up.sprstat_assoc_id = association.value();
  given_up.sprstat_policy = SCTP_PR_SCTP_TTL;
  (void)Get(fd_.get(), SCTP_PR_ASSOC_STATUS, given_up);
  return Traffic{stats.sas_ipackets, stats.sas_opackets, stats.sas_rtxchunks,
                 given_up.sprstat_abandoned_unsent};
}

std::vector<PathStats> KernelSocket::PathsOf(KernelAssociationId association) const {
  sctp_status status{};
  status.sstat_assoc_id = association.value();
  std::vector<PathStats> out;
  if (!Get(fd_.get(), SCTP_STATUS, status)) return out;

  const TransportAddress primary = ToAddress(AddressOf(status.sstat_primary));
  bool primary_works = false;

  for (const sockaddr_storage& raw : PeerAddresses(fd_.get(), association.value())) {
    sctp_paddrinfo info{};
    info.spinfo_assoc_id = association.value();
    std::memcpy(&info.spinfo_address, &raw, sizeof raw);
    if (!Get(fd_.get(), SCTP_GET_PEER_ADDR_INFO, info)) continue;

    bool is_primary = ToAddress(raw).SameHost(primary);
    if (is_primary) primary_works = MaySend(info.spinfo_state);
    PathStats path = ToPath(info, ToAddress(raw).WithPort(UdpPortOf(association, raw)));
    out.insert(is_primary ? out.begin() : out.end(), path);
  }
  if (out.empty()) return out;

  // The kernel does not say which path it sends by: the primary one, unless that does not answer
  // and another one does.
  auto in_use = out.begin();
  if (!primary_works)
    in_use = std::find_if(out.begin(), out.end(), [](const PathStats& path) {
      return path.state == PathState::kReachable;
    });

  if (in_use != out.end()) {
    if (in_use->state == PathState::kReachable) in_use->state = PathState::kActive;
    std::rotate(out.begin(), in_use, in_use + 1);
  }
  return out;
}

bool KernelSocket::Prefer(KernelAssociationId association, const TransportAddress& path) {
  for (const sockaddr_storage& raw : PeerAddresses(fd_.get(), association.value())) {
    if (!ToAddress(raw).SameHost(path)) continue;
    sctp_prim primary{};
    primary.ssp_assoc_id = association.value();
    std::memcpy(&primary.ssp_addr, &raw, sizeof raw);
    return ::setsockopt(fd_.get(), IPPROTO_SCTP, SCTP_PRIMARY_ADDR, &primary, sizeof primary) == 0;
  }
  return false;
}

void KernelSocket::FillStats(KernelAssociationId association, AssociationStats& out) const {
  sctp_status status{};
  status.sstat_assoc_id = association.value();
  if (!Get(fd_.get(), SCTP_STATUS, status)) return;
  out.peer_window_bytes = status.sstat_rwnd;
  out.unacknowledged_chunks = status.sstat_unackdata;
  out.unsent_chunks = status.sstat_penddata;
  out.queued_bytes = static_cast<std::uint32_t>(SendBufferUsed());
  out.paths = PathsOf(association);
}

std::size_t KernelSocket::SendBuffer() const {
  int bytes = 0;
  return Get(fd_.get(), SO_SNDBUF, bytes, SOL_SOCKET) ? static_cast<std::size_t>(bytes) : 0;
}

std::size_t KernelSocket::SendBufferUsed() const {
  std::uint32_t memory[SK_MEMINFO_VARS] = {};
  return Get(fd_.get(), SO_MEMINFO, memory, SOL_SOCKET) ? memory[SK_MEMINFO_WMEM_QUEUED] : 0;
}

}  // namespace funnel::sctp
