// When and where to connect to one peer: names are resolved, addresses tried one after the other
// (of equal ones the one that worked last first), and after a whole round without success it waits.
// No I/O: the owner resolves and connects.
//
//   kIdle --Want--> kWaiting --Begin--> kResolving --OnResolved--> kConnecting --OnConnected-->
//   kConnected
//                      ^------------------OnFailed / OnLost------------------------'
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "funnel-sctpd/backoff.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

// One way to reach a peer.
struct Route {
  sctp::TransportAddress address;
  sctp::Carrier carrier = sctp::Carrier::kUdp;
  std::uint16_t sctp_port = sctp::kDefaultSctpPort;
  std::uint16_t priority = 0;  // lower ones are tried first
  bool operator==(const Route&) const = default;
};

class Dialer {
 public:
  enum class State { kIdle, kWaiting, kResolving, kConnecting, kConnected };

  Dialer(Duration min, Duration max) : backoff_(min, max) {}

  [[nodiscard]] State state() const { return state_; }
  // When Begin() is due; nullopt unless kWaiting.
  [[nodiscard]] std::optional<TimePoint> due() const;
  // Where to connect to; only in kConnecting.
  [[nodiscard]] const Route& route() const { return routes_[at_]; }
  // The last failure, for status; empty after a success.
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // An association is wanted: begins at once, unless it has begun or waits after a failure.
  void Want(TimePoint now);
  // It is not wanted any more: whatever was going on is forgotten. A connected one stays so.
  void Unwant();
  void Begin();
  // In kResolving: where the peer may be; empty is a failure.
  void OnResolved(std::vector<Route> routes, TimePoint now, double random, std::string_view reason);
  // In kConnecting: route() did not work. The next one is tried at once, after the last it waits.
  void OnConnectFailed(TimePoint now, double random, std::string_view reason);
  // In kConnecting. The next OnLost() waits longer all the same, until OnVerified().
  void OnConnected();
  // The peer proved who it is: the next wait is short again.
  void OnVerified();
  // In kConnected: the association has gone. AT_LEAST: the shortest time to wait.
  void OnLost(TimePoint now, double random, std::string_view reason, Duration at_least = {});
  // An association that the peer made serves as well.
  void OnServedByPeer();

 private:
  void SetState(State state) { state_ = state; }
  void Wait(TimePoint now, double random, std::string_view reason, Duration at_least);

  Backoff backoff_;
  State state_ = State::kIdle;
  TimePoint due_{};
  std::vector<Route> routes_;
  std::size_t at_ = 0;
  std::optional<Route> good_;
  std::string reason_;
};

}  // namespace funnel::sctpd
