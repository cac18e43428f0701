#include "funnel-sctpd/engine/kernel/kernel_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/sctp.h>

#include <algorithm>
#include <cstring>

#include "common/base/socket.h"
#include "funnel-sctpd/engine/kernel/abort_reason.h"

namespace funnel::sctp {
namespace {

using What = KernelSocket::What;

constexpr std::size_t kMaxReasonBytes = 64;
constexpr int kBacklog = 128;

sctp_assoc_t Raw(KernelAssociationId association) { return association.value(); }

// ADDRESSES one behind the other, as sctp_bindx and sctp_connectx take them.
Bytes Packed(const std::vector<TransportAddress>& addresses, std::uint16_t port) {
  Bytes out;
  for (const TransportAddress& address : addresses) {
    sockaddr_storage raw;
    socklen_t length = address.ToSockaddr(raw);
    // The port lies at the same offset in both families.
    reinterpret_cast<sockaddr_in&>(raw).sin_port = htons(port);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&raw);
    out.insert(out.end(), bytes, bytes + length);
  }
  return out;
}

KernelSocket::Event ReadChange(const sctp_assoc_change& change, std::size_t size) {
  KernelSocket::Event event;
  event.association = KernelAssociationId(change.sac_assoc_id);
  event.streams = std::min(change.sac_inbound_streams, change.sac_outbound_streams);

  switch (change.sac_state) {
    case SCTP_COMM_UP:
      event.what = What::kUp;
      break;
    case SCTP_RESTART:
      event.what = What::kRestarted;
      break;
    case SCTP_COMM_LOST:
      event.what = What::kLost;
      event.reason = UserInitiatedReason(ByteView(change.sac_info, size - sizeof change));
      break;
    case SCTP_SHUTDOWN_COMP:
      event.what = What::kShutDown;
      break;
    case SCTP_CANT_STR_ASSOC:
      event.what = What::kNeverUp;
      break;
    default:
      event.what = What::kIrrelevant;
  }
  return event;
}

KernelSocket::Event ReadNotification(ByteView raw) {
  KernelSocket::Event event;
  event.what = What::kIrrelevant;
  alignas(sctp_notification) std::uint8_t copy[512] = {};
  std::size_t size = std::min(raw.size(), sizeof copy);
  std::memcpy(copy, raw.data(), size);

  const auto* notification = reinterpret_cast<const sctp_notification*>(copy);
  switch (notification->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
      if (size >= sizeof(sctp_assoc_change)) return ReadChange(notification->sn_assoc_change, size);
      break;
    case SCTP_PARTIAL_DELIVERY_EVENT:
      if (size < sizeof(sctp_pdapi_event)) break;
      event.what = What::kPartsEnd;
      event.association = KernelAssociationId(notification->sn_pdapi_event.pdapi_assoc_id);
      event.stream =
          StreamId(static_cast<std::uint16_t>(notification->sn_pdapi_event.pdapi_stream));
      event.unordered = (notification->sn_pdapi_event.pdapi_flags & SCTP_UNORDERED) != 0;
      break;
    case SCTP_PEER_ADDR_CHANGE:
      if (size < sizeof(sctp_paddr_change)) break;
      event.what = What::kPathChanged;
      event.association = KernelAssociationId(notification->sn_paddr_change.spc_assoc_id);
      break;
  }
  return event;
}

sctp_rcvinfo ReadInfo(msghdr& header) {
  sctp_rcvinfo info{};
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c))
    if (c->cmsg_level == IPPROTO_SCTP && c->cmsg_type == SCTP_RCVINFO)
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
  return info;
}

}  // namespace

Result<KernelSocket> KernelSocket::Open(const Settings& settings,
                                        const std::vector<TransportAddress>& local,
                                        std::uint16_t port) {
  bool ipv6 = local.empty() ||
              std::any_of(local.begin(), local.end(), [](const auto& a) { return a.is_ipv6(); });
  constexpr int kType = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
  UniqueFd fd(::socket(ipv6 ? AF_INET6 : AF_INET, kType, IPPROTO_SCTP));
  if (!fd && local.empty() && errno == EAFNOSUPPORT) {
    ipv6 = false;
    fd.reset(::socket(AF_INET, kType, IPPROTO_SCTP));
  }
  if (!fd) return FailErrno("SCTP socket");
  KernelSocket socket(std::move(fd));
  TRY(socket.Configure(settings));
  TRY(socket.Subscribe());
  TRY(socket.Bind(local, port, ipv6));
  return socket;
}

Result<> KernelSocket::Bind(const std::vector<TransportAddress>& local, std::uint16_t port,
                            bool ipv6) {
  sockaddr_storage any{};
  any.ss_family = ipv6 ? AF_INET6 : AF_INET;
  Bytes packed = Packed(local, port);
  if (!local.empty()) std::memcpy(&any, packed.data(), std::min(packed.size(), sizeof any));
  // sin_port and sin6_port lie at the same place.
  reinterpret_cast<sockaddr_in&>(any).sin_port = htons(port);
  socklen_t length = any.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);

  if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&any), length) < 0)
    return FailErrno("SCTP port " + std::to_string(port));

  if (local.size() < 2) return {};
  length = sizeof any;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&any), &length) < 0)
    return FailErrno("getsockname");

  std::vector<TransportAddress> others(local.begin() + 1, local.end());
  packed = Packed(others, ntohs(reinterpret_cast<sockaddr_in&>(any).sin_port));
  if (sctp_bindx(fd_.get(), reinterpret_cast<sockaddr*>(packed.data()),
                 static_cast<int>(others.size()), SCTP_BINDX_ADD_ADDR) < 0)
    return FailErrno("further SCTP addresses");
  return {};
}

Result<> KernelSocket::Listen() {
  if (::listen(fd_.get(), kBacklog) < 0) return FailErrno("SCTP listen");
  return {};
}

Result<KernelSocket> KernelSocket::TakeOut(KernelAssociationId association,
                                           bool interleaving) const {
  // Debian's libsctp declares sctp_peeloff_flags and does not export it.
  UniqueFd fd(sctp_peeloff(fd_.get(), Raw(association)));
  if (!fd) return FailErrno("a socket for an association");
  if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) < 0 || ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) < 0)
    return FailErrno("fcntl");
  KernelSocket out(std::move(fd));
  // Only this the new socket does not inherit. A handshake under way needs it, and so does a peer
  // that restarts.
  TRY(out.SetInterleaving(interleaving));
  return out;
}

Result<KernelAssociationId> KernelSocket::Connect(const Target& target) {
  if (target.carrier == Carrier::kUdp) {
    sctp_udpencaps encapsulation{};
    encapsulation.sue_port = htons(target.addresses.front().port());
    if (::setsockopt(fd_.get(), IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encapsulation,
                     sizeof encapsulation) < 0)
      return FailErrno("the kernel's SCTP in UDP (RFC 6951)");
  }
  Bytes packed = Packed(target.addresses, target.sctp_port);
  sctp_assoc_t id = 0;
  if (sctp_connectx(fd_.get(), reinterpret_cast<sockaddr*>(packed.data()),
                    static_cast<int>(target.addresses.size()), &id) < 0 &&
      errno != EINPROGRESS)
    return FailErrno("SCTP connect to " + target.addresses.front().text());
  return KernelAssociationId(id);
}

bool KernelSocket::Shutdown(KernelAssociationId association) {
  sctp_sndinfo info{};
  info.snd_flags = SCTP_EOF;
  info.snd_assoc_id = Raw(association);
  return sctp_sendv(fd_.get(), nullptr, 0, nullptr, 0, &info, sizeof info, SCTP_SENDV_SNDINFO,
                    MSG_NOSIGNAL) >= 0;
}

void KernelSocket::Abort(KernelAssociationId association, std::string_view reason) {
  sctp_sndinfo info{};
  info.snd_flags = SCTP_ABORT;
  info.snd_assoc_id = Raw(association);
  std::string text(reason.substr(0, kMaxReasonBytes));
  iovec vector{text.data(), text.size()};
  // While it is not up yet there is no peer to send to; closing the socket ends it all the same.
  (void)sctp_sendv(fd_.get(), &vector, 1, nullptr, 0, &info, sizeof info, SCTP_SENDV_SNDINFO,
                   MSG_NOSIGNAL);
}

KernelSocket::Event KernelSocket::Receive(MutableByteView buffer) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(sctp_rcvinfo))];
  iovec vector{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;

  Event event;
  ssize_t got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT);
  if (got < 0) return event;
  auto size = static_cast<std::size_t>(got);
  if ((header.msg_flags & MSG_NOTIFICATION) != 0) return ReadNotification(buffer.first(size));
  if (size == 0) return event;

  sctp_rcvinfo info = ReadInfo(header);
  event.what = What::kPart;
  event.association = KernelAssociationId(info.rcv_assoc_id);
  event.size = size;
  event.last = (header.msg_flags & MSG_EOR) != 0;
  event.stream = StreamId(info.rcv_sid);
  event.unordered = (info.rcv_flags & SCTP_UNORDERED) != 0;
  event.payload_protocol = ntohl(info.rcv_ppid);
  return event;
}

int KernelSocket::TakeError() { return TakeSocketError(fd_.get()); }

}  // namespace funnel::sctp
