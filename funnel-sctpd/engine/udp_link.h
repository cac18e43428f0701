// SCTP over UDP (RFC 6951): our own sockets, in batches, with segmentation offload both ways where
// the kernel has it. Beside them raw IP sockets, for peers reached without UDP: their addresses
// have port 0.
//
// Packets may be fragmented by IP (no DF): a path narrower than our packets costs fragments, not a
// black hole.
#pragma once

#include <memory>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/packet_link.h"
#include "funnel-sctpd/engine/udp_receiver.h"

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
  bool Receive(Sink& sink, EngineCounters& counters) override;

 private:
  struct Socket {
    UniqueFd fd;
    bool raw = false;
    bool ipv6 = false;
    bool v6_only = false;
    std::array<std::uint8_t, 16> local{};  // what it is bound to; zero: all addresses
    // The largest segment that GSO has not been refused for; 0 where the kernel or device has none.
    std::size_t segment_limit_bytes = 65535;
  };
  struct Batch;  // system call structures for sending, kept between calls

  explicit UdpLink(std::vector<Socket> sockets);
  [[nodiscard]] static Result<Socket> Prepare(UniqueFd fd);
  [[nodiscard]] Socket* SocketFor(const Route& route);
  [[nodiscard]] std::size_t RunLength(const OutputQueue& queue, std::size_t first,
                                      const Socket& socket) const;
  [[nodiscard]] std::size_t FillBatch(OutputQueue& queue, const Socket& socket);
  void RefuseFront(OutputQueue& queue, Socket& socket, int error, EngineCounters& counters);

  std::vector<Socket> sockets_;
  std::unique_ptr<Batch> batch_;
  UdpReceiver receiver_;
};

}  // namespace funnel::sctp
