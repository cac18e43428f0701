// What SctpEndpoint sets in libusrsctp, and asks it.
#include <usrsctp.h>

#include <algorithm>

#include "funnel-sctpd/engine/userland/sctp_endpoint.h"

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
  path.spp_hbinterval = ms(s.heartbeat);
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
  if (auto r = Set(socket_, SCTP_EVENT, changes, "association events"); !r) return r;
  const sctp_event indication{SCTP_FUTURE_ASSOC, SCTP_ADAPTATION_INDICATION, 1};
  return Set(socket_, SCTP_EVENT, indication, "adaptation indication");
}

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

void SctpEndpoint::SetRtoBounds(StackAssociation association, std::chrono::milliseconds minimum,
                                std::chrono::milliseconds maximum,
                                std::chrono::milliseconds initial) {
  maximum = std::max(minimum, maximum);
  auto ms = [](std::chrono::milliseconds value) {
    return static_cast<std::uint32_t>(value.count());
  };
  const sctp_rtoinfo rto{association.value(), ms(std::clamp(initial, minimum, maximum)),
                         ms(maximum), ms(minimum)};
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
  out.path.srtt = std::chrono::milliseconds(raw.sstat_primary.spinfo_srtt);
  out.path.rto = std::chrono::milliseconds(raw.sstat_primary.spinfo_rto);
  out.path.cwnd_bytes = raw.sstat_primary.spinfo_cwnd;
  out.path.mtu_bytes = raw.sstat_primary.spinfo_mtu;
  return out;
}

}  // namespace funnel::sctp
