// The structures of one sendmmsg(2): UDP or raw packets, each a train by itself (GSO).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "funnel-sctpd/engine/output_queue.h"

namespace funnel::sctp {

struct UdpBatch {
  // One call's worth. 64 trains of 64 packets would be 6 MB; queues are shorter.
  static constexpr std::size_t kMessages = 64;

  union PacketInfo {
    in_pktinfo v4;
    in6_pktinfo v6;
  };
  struct Control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(PacketInfo))];
  };
  mmsghdr messages[kMessages];
  iovec vectors[kMessages];
  sockaddr_storage names[kMessages];
  Control controls[kMessages];
  std::size_t packets[kMessages];  // how many each message holds

  // The I-th message: TRAIN, of COUNT packets of SEGMENT bytes (the last may be shorter).
  void Fill(std::size_t i, const Route& route, bool ipv6_socket, MutableByteView train,
            std::size_t segment, std::size_t count);
};

}  // namespace funnel::sctp
