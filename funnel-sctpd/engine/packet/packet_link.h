// What moves packets between us and the network: sockets, or memory in tests.
#pragma once

#include <vector>

#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/output_queue.h"

namespace funnel::sctp {

class PacketLink {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // One packet came. It may be changed in place and is gone after the call.
    virtual void OnPacket(const Route& route, MutableByteView packet) = 0;
  };

  virtual ~PacketLink() = default;
  [[nodiscard]] virtual std::vector<int> fds() const = 0;
  [[nodiscard]] virtual bool Reaches(const TransportAddress& address) const = 0;
  // Takes from QUEUE's front what can be sent now. What waits for a full socket is taken too, so
  // that others need not wait for it. False: something is left until a socket is writable (IsFull).
  // A packet that the network refuses is dropped and counted.
  [[nodiscard]] virtual bool Transmit(OutputQueue& queue, EngineCounters& counters) = 0;
  // Whether something waits for that one of fds().
  [[nodiscard]] virtual bool IsFull(int fd) const = 0;
  // How much of what was taken still waits.
  [[nodiscard]] virtual std::size_t waiting_bytes() const = 0;
  // Hands over one batch. False: nothing more waits now.
  [[nodiscard]] virtual bool Receive(Sink& sink, EngineCounters& counters) = 0;
};

}  // namespace funnel::sctp
