#include "funnel-sctpd/engine/sctp_endpoint.h"

#include <arpa/inet.h>
#include <usrsctp.h>

#include <algorithm>
#include <cstring>

#include "funnel-sctpd/engine/packet.h"

namespace funnel::sctp {
namespace {

// Options that libusrsctp has and its header does not name (netinet/sctp.h, sctp_uio.h).
constexpr int kInterleavingSupported = 0x1206;
constexpr int kSendBufferUse = 0x1101;
constexpr int kNonceValues = 0x1105;
struct SendBufferUse {
  sctp_assoc_t association;
  std::uint32_t sent_bytes;
  std::uint32_t received_bytes;
};

// libusrsctp must not be the one to give up a path or an association: the engine decides by the
// clock. This is 4 hours of retransmissions.
constexpr std::uint16_t kNeverGiveUp = 10000;
// SCTP_MAXSEG counts a message's bytes as if DATA came over IPv4 with a header of 20; what the
// stack then really fills is this much more less the chunk's header.
constexpr std::size_t kMaxSegExcess = 36;
constexpr std::size_t kMaxReasonBytes = 64;

sockaddr_conn MakeAddress(void* address, std::uint16_t port) {
  sockaddr_conn out{};
  out.sconn_family = AF_CONN;
  out.sconn_port = htons(port);
  out.sconn_addr = address;
  return out;
}

template <typename T>
Result<> Set(struct socket* raw, int option, const T& value, const char* what,
             int level = IPPROTO_SCTP) {
  if (usrsctp_setsockopt(raw, level, option, &value, sizeof value) == 0) return {};
  return FailErrno(std::string("libusrsctp: ") + what);
}

template <typename T>
bool Get(struct socket* raw, int option, T& value) {
  socklen_t length = sizeof value;
  return usrsctp_getsockopt(raw, IPPROTO_SCTP, option, &value, &length) == 0;
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

Result<> SctpEndpoint::Configure(const Settings& s) {
  auto ms = [](std::chrono::milliseconds value) {
    return static_cast<std::uint32_t>(value.count());
  };

  const linger at_once{1, 0};
  if (auto r = Set(socket_, SO_LINGER, at_once, "linger", SOL_SOCKET); !r) return r;
  const int send_bytes = static_cast<int>(s.send_buffer_bytes),
            receive_bytes = static_cast<int>(s.receive_buffer_bytes);
  if (auto r = Set(socket_, SO_SNDBUF, send_bytes, "send buffer", SOL_SOCKET); !r) return r;
  if (auto r = Set(socket_, SO_RCVBUF, receive_bytes, "receive buffer", SOL_SOCKET); !r) return r;

  sctp_initmsg init{s.streams, s.streams, s.init_attempts,
                    static_cast<std::uint16_t>(ms(s.rto_max))};
  if (auto r = Set(socket_, SCTP_INITMSG, init, "streams"); !r) return r;
  sctp_rtoinfo rto{SCTP_FUTURE_ASSOC, ms(s.rto_initial), ms(s.rto_max), ms(s.rto_min)};
  if (auto r = Set(socket_, SCTP_RTOINFO, rto, "retransmission timeouts"); !r) return r;
  sctp_assocparams association{};
  association.sasoc_asocmaxrxt = kNeverGiveUp;
  if (auto r = Set(socket_, SCTP_ASSOCINFO, association, "association parameters"); !r) return r;

  sctp_paddrparams path{};
  path.spp_address.ss_family = AF_CONN;
  path.spp_hbinterval = ms(s.heartbeat_interval);
  path.spp_pathmaxrxt = kNeverGiveUp;
  path.spp_pathmtu = s.window_unit_bytes != 0 ? s.window_unit_bytes : s.ip_packet_limit_bytes - 60;
  path.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE;
  if (auto r = Set(socket_, SCTP_PEER_ADDR_PARAMS, path, "path parameters"); !r) return r;

  sctp_sack_info sack{SCTP_FUTURE_ASSOC, ms(s.sack_delay), s.sack_every_packets};
  if (auto r = Set(socket_, SCTP_DELAYED_SACK, sack, "delayed SACK"); !r) return r;
  const std::uint32_t on = 1;
  if (auto r = Set(socket_, SCTP_NODELAY, on, "no delay"); !r) return r;
  const sctp_assoc_value no_burst_limit{SCTP_FUTURE_ASSOC, 0};
  if (auto r = Set(socket_, SCTP_MAX_BURST, no_burst_limit, "max burst"); !r) return r;

  // A message is handed out in parts only if it is larger than any may be.
  const std::uint32_t deliver_whole = s.max_message_bytes + 1;
  if (auto r = Set(socket_, SCTP_PARTIAL_DELIVERY_POINT, deliver_whole, "partial delivery"); !r)
    return r;
  const std::uint32_t interleave_streams = 2;
  if (auto r = Set(socket_, SCTP_FRAGMENT_INTERLEAVE, interleave_streams, "fragment interleave");
      !r)
    return r;
  const sctp_assoc_value interleaving{SCTP_FUTURE_ASSOC, s.interleaving ? 1u : 0u};
  return Set(socket_, kInterleavingSupported, interleaving, "I-DATA");
}

Result<> SctpEndpoint::Subscribe() {
  const std::uint32_t on = 1;
  if (auto r = Set(socket_, SCTP_RECVRCVINFO, on, "receive information"); !r) return r;
  const sctp_event changes{SCTP_FUTURE_ASSOC, SCTP_ASSOC_CHANGE, 1};
  return Set(socket_, SCTP_EVENT, changes, "association events");
}

// --- associations

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

// --- receiving

namespace {

// CAUSES: of an ABORT (RFC 9260 section 3.3.10): code 16, length 16 with these 4, value.
std::string UserInitiatedReason(ByteView causes) {
  constexpr std::uint16_t kUserInitiatedAbort = 12;
  ByteReader reader(causes);
  auto code = reader.U16(), length = reader.U16();
  if (!length || *code != kUserInitiatedAbort || *length < 4) return {};
  auto text = reader.Take(std::min<std::size_t>(*length - 4u, reader.remaining()));
  return text ? std::string(AsText(*text)) : std::string();
}

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
  if (raw.size() < sizeof(sctp_assoc_change)) return event;
  alignas(sctp_notification) std::uint8_t copy[512];
  std::size_t size = std::min(raw.size(), sizeof copy);
  std::memcpy(copy, raw.data(), size);
  auto* notification = reinterpret_cast<sctp_notification*>(copy);
  if (notification->sn_header.sn_type != SCTP_ASSOC_CHANGE) return event;
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

// --- asking

std::optional<StackTags> SctpEndpoint::Tags(StackAssociation association) const {
  sctp_get_nonce_values values{};
  values.gn_assoc_id = association.value();
  if (!Get(socket_, kNonceValues, values)) return std::nullopt;
  return StackTags{values.gn_local_tag, values.gn_peers_tag};
}

std::size_t SctpEndpoint::LargestSingleChunk(StackAssociation association) const {
  sctp_assoc_value value{association.value(), 0};
  return Get(socket_, SCTP_MAXSEG, value) ? value.assoc_value : 0;
}

void SctpEndpoint::LimitChunks(StackAssociation association, std::size_t chunk_bytes) {
  const sctp_assoc_value value{association.value(),
                               static_cast<std::uint32_t>(chunk_bytes - kMaxSegExcess)};
  (void)usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_MAXSEG, &value, sizeof value);
}

void SctpEndpoint::SetMinimumRto(StackAssociation association, std::chrono::milliseconds minimum,
                                 const Settings& settings) {
  auto ms = [](std::chrono::milliseconds value) {
    return static_cast<std::uint32_t>(value.count());
  };
  const sctp_rtoinfo rto{association.value(), ms(std::max(minimum, settings.rto_initial)),
                         ms(std::max(minimum, settings.rto_max)), ms(minimum)};
  (void)usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto);
}

std::size_t SctpEndpoint::QueuedBytes(StackAssociation association) const {
  SendBufferUse use{association.value(), 0, 0};
  return Get(socket_, kSendBufferUse, use) ? use.sent_bytes : 0;
}

std::optional<StackStatus> SctpEndpoint::Status(StackAssociation association) const {
  sctp_status raw{};
  raw.sstat_assoc_id = association.value();
  if (!Get(socket_, SCTP_STATUS, raw)) return std::nullopt;
  StackStatus out;
  out.peer_window_bytes = raw.sstat_rwnd;
  out.unacknowledged_chunks = raw.sstat_unackdata;
  out.unsent_chunks = raw.sstat_penddata;
  out.path.active = raw.sstat_primary.spinfo_state == SCTP_ACTIVE;
  out.path.srtt = std::chrono::milliseconds(raw.sstat_primary.spinfo_srtt);
  out.path.rto = std::chrono::milliseconds(raw.sstat_primary.spinfo_rto);
  out.path.cwnd_bytes = raw.sstat_primary.spinfo_cwnd;
  out.path.mtu_bytes = raw.sstat_primary.spinfo_mtu;
  return out;
}

}  // namespace funnel::sctp
