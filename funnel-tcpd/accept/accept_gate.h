// accept-when: with `up` the listening sockets answer new connections only while clients can be
// served. Connections that the kernel has taken before are no matter of this: they wait for
// connect-wait as always.
//
// What the sockets do outlives this process (answering.h). So each start sets it, whatever it
// finds; while this object lives, it follows Update(); and its end lets them answer, because the
// next connection is what makes systemd start the edge again. After a crash they stay as they were,
// and systemd starts the edge by itself.
//
// Owned by the listening side, on the loop's thread.
#pragma once

#include <optional>
#include <string_view>

#include "funnel-tcpd/accept/acceptor.h"

namespace funnel::tcpd {

class AcceptGate {
 public:
  // Both outlive it. ACCEPTOR has its sockets. Call Update() before the loop runs.
  AcceptGate(SharedState& shared, Acceptor& acceptor) : shared_(shared), acceptor_(acceptor) {}
  // The sockets answer.
  ~AcceptGate();
  AcceptGate(const AcceptGate&) = delete;
  AcceptGate& operator=(const AcceptGate&) = delete;

  // WHY_NOT: why no client can be served now; empty: clients can be. It or accept-when may have
  // changed.
  void Update(std::string_view why_not);

 private:
  // Tells the sockets, counts, and says so in the log because of WHY.
  void Set(bool closed, std::string_view why);

  SharedState& shared_;
  Acceptor& acceptor_;
  std::optional<bool> closed_;  // nullopt: it is not known what the sockets do
};

}  // namespace funnel::tcpd
