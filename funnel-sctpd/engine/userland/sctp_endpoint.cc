#include "funnel-sctpd/engine/userland/sctp_endpoint.h"

#include <arpa/inet.h>
#include <usrsctp.h>

#include <algorithm>
#include <cstring>

#include "funnel-sctpd/engine/packet/packet.h"

namespace funnel::sctp {
namespace {

constexpr std::size_t kMaxReasonBytes = 64;

sockaddr_conn MakeAddress(void* address, std::uint16_t port) {
  sockaddr_conn out{};
  out.sconn_family = AF_CONN;
  out.sconn_port = htons(port);
  out.sconn_addr = address;
  return out;
}

}  // namespace

Result<SctpEndpoint> SctpEndpoint::Open(const Settings& settings, std::uint16_t port,
                                        void* peer_address) {
  struct socket* raw =
      usrsctp_socket(AF_CONN, SOCK_SEQPACKET, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  if (raw == nullptr) return FailErrno("libusrsctp: socket");
  SctpEndpoint endpoint(raw, peer_address);
  if (usrsctp_set_non_blocking(raw, 1) < 0) return FailErrno("libusrsctp: non-blocking");
  if (auto r = endpoint.Configure(settings); !r) return std::unexpected(r.error());
  if (auto r = endpoint.Subscribe(); !r) return std::unexpected(r.error());
  sockaddr_conn any = MakeAddress(nullptr, port);
  if (usrsctp_bind(raw, reinterpret_cast<sockaddr*>(&any), sizeof any) < 0)
    return FailErrno("libusrsctp: bind");
  if (usrsctp_listen(raw, 1) < 0) return FailErrno("libusrsctp: listen");
  return endpoint;
}

SctpEndpoint::~SctpEndpoint() {
  if (socket_ != nullptr) usrsctp_close(socket_);
}

Result<StackAssociation> SctpEndpoint::Connect(PeerPort peer) {
  sockaddr_conn address = MakeAddress(peer_address_, peer.value());
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (usrsctp_connect(socket_, raw, sizeof address) < 0 && errno != EINPROGRESS)
    return FailErrno("libusrsctp: connect");
  sctp_assoc_t id = usrsctp_getassocid(socket_, raw);
  if (id == 0) return Fail("libusrsctp: connect left no association", ENOTCONN);
  return StackAssociation(id);
}

SendStatus SctpEndpoint::Send(StackAssociation association, StreamId stream, ByteView message,
                              const SendOptions& options) {
  sctp_sendv_spa spa{};
  spa.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  spa.sendv_sndinfo.snd_sid = stream.value();
  spa.sendv_sndinfo.snd_flags = options.unordered ? SCTP_UNORDERED : 0;
  spa.sendv_sndinfo.snd_ppid = htonl(kPayloadProtocol);
  spa.sendv_sndinfo.snd_assoc_id = association.value();
  if (options.lifetime > std::chrono::milliseconds::zero()) {
    spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_TTL;
    spa.sendv_prinfo.pr_value = static_cast<std::uint32_t>(options.lifetime.count());
  }
  if (usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &spa, sizeof spa,
                    SCTP_SENDV_SPA, 0) >= 0)
    return SendStatus::kSent;
  if (errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) return SendStatus::kFull;
  return errno == EMSGSIZE ? SendStatus::kTooLarge : SendStatus::kGone;
}

bool SctpEndpoint::Shutdown(StackAssociation association) {
  sctp_sndinfo info{};
  info.snd_flags = SCTP_EOF;
  info.snd_assoc_id = association.value();
  return usrsctp_sendv(socket_, "", 0, nullptr, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0) >=
             0 ||
         errno != EWOULDBLOCK;
}

void SctpEndpoint::Abort(StackAssociation association, std::string_view reason) {
  sctp_sndinfo info{};
  info.snd_flags = SCTP_ABORT;
  info.snd_assoc_id = association.value();
  std::string text(reason.substr(0, kMaxReasonBytes));
  // A non-blocking socket with a full buffer would not even take an ABORT; a blocking one takes it
  // at once.
  usrsctp_set_non_blocking(socket_, 0);
  (void)usrsctp_sendv(socket_, text.c_str(), text.size(), nullptr, 0, &info, sizeof info,
                      SCTP_SENDV_SNDINFO, 0);
  usrsctp_set_non_blocking(socket_, 1);
}

namespace {

SctpEndpoint::Event ReadChange(const sctp_assoc_change& change) {
  using What = SctpEndpoint::What;
  SctpEndpoint::Event event;
  event.association = StackAssociation(change.sac_assoc_id);
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
  // Behind it: when up, one byte for each feature; when lost by an ABORT of the peer's, that chunk.
  std::size_t extra = change.sac_length - std::min<std::size_t>(change.sac_length, sizeof change);
  ByteView info(change.sac_info, extra);
  if (event.what == What::kUp || event.what == What::kRestarted) {
    event.interleaving =
        std::find(info.begin(), info.end(), SCTP_ASSOC_SUPPORTS_INTERLEAVING) != info.end();
  } else if (event.what == What::kLost || event.what == What::kNeverUp) {
    event.aborted_by_peer = extra >= kChunkHeaderBytes;
    if (event.aborted_by_peer) event.reason = UserInitiatedReason(info.subspan(kChunkHeaderBytes));
  }
  return event;
}

SctpEndpoint::Event ReadNotification(ByteView raw) {
  SctpEndpoint::Event event;
  event.what = SctpEndpoint::What::kIrrelevant;
  if (raw.size() < sizeof(sctp_adaptation_event)) return event;
  alignas(sctp_notification) std::uint8_t copy[512];
  std::size_t size = std::min(raw.size(), sizeof copy);
  std::memcpy(copy, raw.data(), size);
  auto* notification = reinterpret_cast<sctp_notification*>(copy);
  if (notification->sn_header.sn_type == SCTP_ADAPTATION_INDICATION &&
      size >= sizeof(sctp_adaptation_event) &&
      notification->sn_adaptation_event.sai_adaptation_ind == kLinuxFragmentsIndication) {
    event.what = SctpEndpoint::What::kLinuxFragments;
    event.association = StackAssociation(notification->sn_adaptation_event.sai_assoc_id);
  }
  if (notification->sn_header.sn_type != SCTP_ASSOC_CHANGE) return event;
  if (size < sizeof(sctp_assoc_change)) return event;
  auto& change = notification->sn_assoc_change;
  change.sac_length = std::min<std::uint32_t>(change.sac_length, static_cast<std::uint32_t>(size));
  return ReadChange(change);
}

}  // namespace

void SctpEndpoint::Input(ByteView packet) {
  usrsctp_conninput(peer_address_, packet.data(), packet.size(), /*ecn_bits=*/0);
}

SctpEndpoint::Event SctpEndpoint::Receive(MutableByteView buffer) {
  Event event;
  sockaddr_conn from{};
  socklen_t from_length = sizeof from;
  sctp_rcvinfo info{};
  socklen_t info_length = sizeof info;
  unsigned info_type = SCTP_RECVV_NOINFO;
  int flags = 0;
  ssize_t got =
      usrsctp_recvv(socket_, buffer.data(), buffer.size(), reinterpret_cast<sockaddr*>(&from),
                    &from_length, &info, &info_length, &info_type, &flags);
  if (got < 0) return event;
  auto size = static_cast<std::size_t>(got);
  if ((flags & MSG_NOTIFICATION) != 0) {
    event = ReadNotification(buffer.first(size));
  } else if (info_type != SCTP_RECVV_RCVINFO) {
    event.what = What::kIrrelevant;
  } else {
    event.what = (flags & MSG_EOR) != 0 ? What::kMessage : What::kOversize;
    event.association = StackAssociation(info.rcv_assoc_id);
    event.size = size;
    event.stream = StreamId(info.rcv_sid);
    event.payload_protocol = ntohl(info.rcv_ppid);
  }
  if (from.sconn_family == AF_CONN) event.peer = PeerPort(ntohs(from.sconn_port));
  return event;
}

}  // namespace funnel::sctp
