// What KernelSocket sets in the kernel's SCTP, and asks it.
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/sctp.h>

#include <algorithm>
#include <cstring>

#include "funnel-sctpd/engine/kernel_socket.h"
#include "funnel-sctpd/engine/packet.h"

namespace funnel::sctp {
namespace {

// The kernel must not be the one to give up an association: the engine decides by the clock.
constexpr std::uint16_t kNeverGiveUp = 10000;
// Retransmissions after which a path counts as down; with one, others are tried meanwhile
// (RFC 7829). SCTP's usual number.
constexpr std::uint16_t kPathRetransmissions = 5;

std::uint32_t Ms(std::chrono::milliseconds value) {
  return static_cast<std::uint32_t>(value.count());
}

template <typename T>
Result<> Set(int fd, int option, const T& value, const char* what, int level = IPPROTO_SCTP) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return FailErrno(std::string("kernel SCTP: ") + what);
}

template <typename T>
bool Get(int fd, int option, T& value, int level = IPPROTO_SCTP) {
  socklen_t length = sizeof value;
  return ::getsockopt(fd, level, option, &value, &length) == 0;
}

// Beyond net.core.wmem_max and rmem_max with CAP_NET_ADMIN only; up to it for all.
void SetBuffer(int fd, int option, int forced_option, std::uint32_t bytes) {
  int value = static_cast<int>(bytes);
  if (::setsockopt(fd, SOL_SOCKET, forced_option, &value, sizeof value) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

Result<> KernelSocket::Configure(const Settings& s) {
  int fd = fd_.get();
  TRY(Set(fd, SO_LINGER, linger{1, 0}, "linger", SOL_SOCKET));
  SetBuffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, s.send_buffer_bytes);
  SetBuffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, s.receive_buffer_bytes);
  // A message goes in whole or not at all, and the kernel counts its packets' memory.
  if (SendBuffer() < KernelOutbox::Cost(s.max_message_bytes) * 4 / 3)
    return Fail("a send buffer of " + std::to_string(SendBuffer()) +
                " bytes is too small for messages of " + std::to_string(s.max_message_bytes) +
                "; sysctl net.core.wmem_max=" + std::to_string(s.send_buffer_bytes));

  TRY(Set(fd, SCTP_INITMSG,
          sctp_initmsg{s.streams, s.streams, s.init_attempts,
                       static_cast<std::uint16_t>(Ms(s.rto_max))},
          "streams"));
  TRY(Set(fd, SCTP_RTOINFO,
          sctp_rtoinfo{SCTP_FUTURE_ASSOC, Ms(s.rto_initial), Ms(s.rto_max), Ms(s.rto_min)},
          "retransmission timeouts"));
  sctp_assocparams association{};
  association.sasoc_asocmaxrxt = kNeverGiveUp;
  TRY(Set(fd, SCTP_ASSOCINFO, association, "association parameters"));

  sctp_paddrparams path{};
  path.spp_hbinterval = Ms(s.heartbeat_interval);
  path.spp_pathmaxrxt = kPathRetransmissions;
  // Larger packets than a link takes are fragmented by IP, not lost.
  path.spp_pathmtu = s.ip_packet_limit_bytes / 4 * 4;
  path.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE;
  TRY(Set(fd, SCTP_PEER_ADDR_PARAMS, path, "path parameters"));
  TRY(Set(fd, SCTP_DELAYED_SACK,
          sctp_sack_info{SCTP_FUTURE_ASSOC, Ms(s.sack_delay), s.sack_every_packets},
          "delayed SACK"));
  TRY(Set(fd, SCTP_NODELAY, 1, "no delay"));
  TRY(Set(fd, SCTP_MAX_BURST, sctp_assoc_value{SCTP_FUTURE_ASSOC, 0}, "max burst"));
  TRY(Set(fd, SCTP_FRAGMENT_INTERLEAVE, 1, "fragment interleave"));
  TRY(Set(fd, SCTP_ADAPTATION_LAYER, sctp_setadaptation{kLinuxFragmentsIndication},
          "adaptation indication"));
  return SetInterleaving(s.interleaving);
}

Result<> KernelSocket::SetInterleaving(bool on) {
  if (!on) return {};
  return Set(fd_.get(), SCTP_INTERLEAVING_SUPPORTED, sctp_assoc_value{SCTP_FUTURE_ASSOC, 1},
             "I-DATA (sysctl net.sctp.intl_enable=1)");
}

Result<> KernelSocket::Subscribe() {
  TRY(Set(fd_.get(), SCTP_RECVRCVINFO, 1, "receive information"));
  for (int type : {SCTP_ASSOC_CHANGE, SCTP_PARTIAL_DELIVERY_EVENT, SCTP_PEER_ADDR_CHANGE})
    TRY(Set(fd_.get(), SCTP_EVENT,
            sctp_event{SCTP_FUTURE_ASSOC, static_cast<std::uint16_t>(type), 1}, "notifications"));
  return {};
}

std::uint16_t KernelSocket::UdpPortOf(KernelAssociationId association,
                                      const sockaddr_storage& address) const {
  sctp_udpencaps encapsulation{};
  encapsulation.sue_assoc_id = association.value();
  encapsulation.sue_address = address;
  return Get(fd_.get(), SCTP_REMOTE_UDP_ENCAPS_PORT, encapsulation) ? ntohs(encapsulation.sue_port)
                                                                    : 0;
}

namespace {

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

PathState StateOf(std::int32_t kernel_state, bool in_use) {
  switch (kernel_state) {
    case SCTP_ACTIVE:
      return in_use ? PathState::kActive : PathState::kReachable;
    case SCTP_UNCONFIRMED:
    case SCTP_UNKNOWN:
      return PathState::kUntried;
    default:  // inactive, potentially failed
      return PathState::kSilent;
  }
}

}  // namespace

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

void KernelSocket::FillStats(KernelAssociationId association, AssociationStats& out) const {
  sctp_status status{};
  status.sstat_assoc_id = association.value();
  if (!Get(fd_.get(), SCTP_STATUS, status)) return;
  out.peer_window_bytes = status.sstat_rwnd;
  out.unacknowledged_chunks = status.sstat_unackdata;
  out.unsent_chunks = status.sstat_penddata;
  out.queued_bytes = static_cast<std::uint32_t>(SendBufferUsed());
  sockaddr_storage primary = AddressOf(status.sstat_primary);

  sockaddr* addresses = nullptr;
  int count = sctp_getpaddrs(fd_.get(), association.value(), &addresses);
  const auto* at = reinterpret_cast<const std::uint8_t*>(addresses);
  for (int i = 0; i < count; ++i) {
    sctp_paddrinfo info{};
    info.spinfo_assoc_id = association.value();
    sa_family_t family;
    std::memcpy(&family, at, sizeof family);
    std::size_t length = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    std::memcpy(&info.spinfo_address, at, length);
    at += length;
    sockaddr_storage raw = AddressOf(info);
    if (!Get(fd_.get(), SCTP_GET_PEER_ADDR_INFO, info)) continue;
    PathStats path;
    path.address = ToAddress(raw).WithPort(UdpPortOf(association, raw));
    path.srtt = std::chrono::milliseconds(info.spinfo_srtt);
    path.rto = std::chrono::milliseconds(info.spinfo_rto);
    path.cwnd_bytes = info.spinfo_cwnd;
    path.mtu_bytes = info.spinfo_mtu;
    bool in_use = path.address.SameHost(ToAddress(primary));
    path.carrier = path.address.port() == 0 ? Carrier::kDirect : Carrier::kUdp;
    path.state = StateOf(info.spinfo_state, in_use);
    out.paths.insert(in_use ? out.paths.begin() : out.paths.end(), path);
  }
  if (count > 0) sctp_freepaddrs(addresses);
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
