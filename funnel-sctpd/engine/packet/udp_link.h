// SCTP over UDP (RFC 6951): our own sockets, in batches, with segmentation offload both ways where
// the kernel has it. In addition raw IP sockets, for peers reached without UDP: their addresses
// have port 0.
//
// Packets may be fragmented by IP (no DF): a path narrower than our packets costs fragments, not a
// black hole. Those that ask how large packets may be (OutputQueue::Travel::kWhole) may not.
#pragma once

#include <memory>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/packet/packet_link.h"
#include "funnel-sctpd/engine/packet/train_limits.h"
#include "funnel-sctpd/engine/packet/udp_batch.h"
#include "funnel-sctpd/engine/packet/udp_receiver.h"

namespace funnel::sctp {

class UdpLink : public PacketLink {
 public:
  // SOCKETS: bound UDP sockets, raw IP sockets for SCTP. Several of one kind and family are bound
  // to different addresses of ours.
  [[nodiscard]] static Result<std::unique_ptr<UdpLink>> Make(std::vector<UniqueFd> sockets);
  ~UdpLink() override;

  std::vector<int> fds() const override;
  bool Reaches(const TransportAddress& address) const override;
  bool Transmit(OutputQueue& queue, EngineCounters& counters) override;
  bool IsFull(int fd) const override;
  std::size_t waiting_bytes() const override;
  bool Receive(Sink& sink, EngineCounters& counters) override;

 private:
  struct Socket {
    UniqueFd fd;
    bool raw = false;
    bool ipv6 = false;
    bool v6_only = false;
    std::array<std::uint8_t, 16> local{};  // what it is bound to; zero: all addresses
    // Packets that it was full for: what goes by other sockets passes them.
    OutputQueue waiting{SIZE_MAX};
  };

  explicit UdpLink(std::vector<Socket> sockets);
  // Sets FD's options, and reads what it is bound to.
  [[nodiscard]] static Result<Socket> Prepare(UniqueFd fd);
  // The one by which ROUTE's packets leave; nullptr: none fits.
  [[nodiscard]] Socket* SocketFor(const Route& route);
  // How many packets from FIRST on can travel as one train.
  [[nodiscard]] std::size_t RunLength(const OutputQueue& queue, std::size_t first,
                                      const Socket& socket, TimePoint now) const;
  // Fills the batch from QUEUE's front with what goes by SOCKET; yields how many messages. One that
  // must stay whole is a batch of its own.
  [[nodiscard]] std::size_t FillBatch(OutputQueue& queue, const Socket& socket, TimePoint now);
  // The kernel did not take QUEUE's first packets: they are dropped, or their trains limited.
  void RefuseFront(OutputQueue& queue, int error, TimePoint now, EngineCounters& counters);
  // Sends what QUEUE's front has for SOCKET. False: the socket is full.
  [[nodiscard]] bool SendFront(OutputQueue& queue, Socket& socket, EngineCounters& counters);
  // QUEUE's first packet waits for SOCKET apart from the others.
  static void SetAside(OutputQueue& queue, Socket& socket, EngineCounters& counters);

  std::vector<Socket> sockets_;
  std::unique_ptr<UdpBatch> batch_;  // kept between calls
  TrainLimits trains_;
  UdpReceiver receiver_;
};

}  // namespace funnel::sctp
