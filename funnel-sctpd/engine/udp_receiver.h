// Reads UDP packets in batches, and takes apart what the kernel joined (GRO).
#pragma once

#include <memory>

#include "funnel-sctpd/engine/packet_link.h"

namespace funnel::sctp {

class UdpReceiver {
 public:
  UdpReceiver();
  ~UdpReceiver();

  // One system call on FD, a UDP socket with UDP_GRO and packet information on. False: nothing more
  // waits now.
  [[nodiscard]] bool Receive(int fd, PacketLink::Sink& sink, EngineCounters& counters);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace funnel::sctp
