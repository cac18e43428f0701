// What KernelSocket sets in the kernel's SCTP.
#include <netinet/in.h>
#include <netinet/sctp.h>

#include "funnel-sctpd/engine/kernel/kernel_socket.h"
#include "funnel-sctpd/engine/linux_fragments.h"

namespace funnel::sctp {
namespace {

// The kernel must not be the one to give up an association: the engine decides by the clock.
constexpr std::uint16_t kNeverGiveUp = 10000;
// Retransmissions after which a path counts as down: SCTP's usual number.
constexpr std::uint16_t kPathRetransmissions = 5;
// ... and after which what is sent goes by another one meanwhile, if there is any (RFC 7829
// section 3, where 0 is what it recommends): a pulled path stalls delivery for one RTO.
constexpr std::uint16_t kPathRetransmissionsBeforeOthers = 0;
// Of the kernel's net/sctp/constants.h.
constexpr std::uint32_t kExposePotentiallyFailed = 2;

std::uint32_t Ms(std::chrono::milliseconds value) {
  return static_cast<std::uint32_t>(value.count());
}

template <typename T>
Result<> Set(int fd, int option, const T& value, const char* what, int level = IPPROTO_SCTP) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return FailErrno(std::string("kernel SCTP: ") + what);
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
  path.spp_hbinterval = Ms(s.heartbeat);
  path.spp_pathmaxrxt = kPathRetransmissions;
  // Larger packets than a link takes are fragmented by IP, not lost.
  path.spp_pathmtu = s.ip_packet_limit_bytes / 4 * 4;
  path.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE;
  TRY(Set(fd, SCTP_PEER_ADDR_PARAMS, path, "path parameters"));
  sctp_paddrthlds thresholds{};
  thresholds.spt_pathmaxrxt = kPathRetransmissions;
  thresholds.spt_pathpfthld = kPathRetransmissionsBeforeOthers;
  TRY(Set(fd, SCTP_PEER_ADDR_THLDS, thresholds, "path failure"));
  // Linux before 5.5 does not report it; the next look at the paths finds it.
  (void)Set(fd, SCTP_EXPOSE_POTENTIALLY_FAILED_STATE,
            sctp_assoc_value{SCTP_FUTURE_ASSOC, kExposePotentiallyFailed}, "path failure");
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

}  // namespace funnel::sctp
