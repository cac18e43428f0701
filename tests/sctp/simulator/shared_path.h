// Associations in bulk from A to B, one after the other, and TCP connections beside them: what each
// gets of a path that they share.
#pragma once

#include <memory>
#include <vector>

#include "tests/sctp/simulator/tcp_flow.h"

namespace sctp::testing {

class SharedPath {
 public:
  // With windows that hold all that is on its way.
  explicit SharedPath(const LinkSettings& link, std::uint64_t seed = 1);

  // Begins one more; it sends until the end.
  void AddOwn();
  void AddTcp(std::unique_ptr<TcpLaw> law);

  void Run(Duration span) { simulation_.Run(span); }
  // Of each, in the order in which they were added, in MB/s, while SPAN passes.
  [[nodiscard]] std::vector<double> Rates(Duration span);
  // The part of what our associations sent so far that was sent again.
  [[nodiscard]] double Retransmitted() const;
  [[nodiscard]] Simulation& simulation() { return simulation_; }

 private:
  struct Flow {
    AssociationId own;
    StreamId stream;
    std::uint64_t bytes = 0;
    std::unique_ptr<TcpFlow> tcp;
    [[nodiscard]] std::uint64_t received_bytes() const {
      return tcp ? tcp->received_bytes() : bytes;
    }
  };
  void Refill();

  Simulation simulation_;
  std::vector<Flow> flows_;
};

}  // namespace sctp::testing
