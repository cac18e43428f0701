// Reads UDP packets in batches, and takes apart what the kernel joined (GRO).
#pragma once

#include <memory>

#include "funnel-sctpd/engine/packet/packet_link.h"

namespace funnel::sctp {

class UdpReceiver {
 public:
  UdpReceiver();
  ~UdpReceiver();

  // One system call on FD, a UDP socket with UDP_GRO and packet information on. False: nothing more
  // waits now.
  // WITH_IPV4_HEADER: packets come with one, as from a raw IPv4 socket.
  [[nodiscard]] bool Receive(int fd, bool with_ipv4_header, PacketLink::Sink& sink,
                             EngineCounters& counters);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace funnel::sctp
