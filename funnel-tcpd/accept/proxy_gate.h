// Connections of load balancers (accept-proxy-from) whose PROXY header has not come yet. Exactly
// its bytes are read from them, so that what the client sends stays in the kernel. After
// accept-proxy-wait, or with a bad header, they are reset. Each has a slot of max-sessions.
//
// Owned by Acceptor, on the loop's thread.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "funnel-tcpd/accept/proxy_reader.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class ProxyGate {
 public:
  // One whose header has come.
  struct Arrival {
    UniqueFd fd;
    SocketAddress balancer;
    std::optional<ProxyAddresses> addresses;  // nullopt: the connection's own count
  };

  // ON_ARRIVAL is called when Take() has something to give; it must not call this.
  ProxyGate(SharedState& shared, std::function<void()> on_arrival);
  ~ProxyGate() { Clear(); }

  // Whether PEER is a load balancer.
  [[nodiscard]] bool Expects(const SocketAddress& peer) const;
  // FD is non-blocking.
  void Add(UniqueFd fd, const SocketAddress& balancer, SessionLimit::Slot slot);
  // Those whose header has come since the last call. Their slots are free again.
  [[nodiscard]] std::vector<Arrival> Take();
  // Resets all of them.
  void Clear();
  void Visit(
      const std::function<void(const SocketAddress& balancer, TimePoint since)>& visit) const;

 private:
  struct Waiting final : event::DescriptorHandler {
    Waiting(ProxyGate& owner, UniqueFd socket, const SocketAddress& peer, SessionLimit::Slot taken)
        : gate(owner), fd(std::move(socket)), balancer(peer), slot(std::move(taken)) {}
    void OnReady(std::uint32_t) override { gate.Read(*this); }

    ProxyGate& gate;
    UniqueFd fd;
    event::Registration watch;
    SocketAddress balancer;
    SessionLimit::Slot slot;
    TimePoint since = Now(), until{};
    Bytes header;
    std::list<Waiting>::iterator place;
  };

  // Reads what has come of the header; destroys WAITING if it is complete or bad.
  void Read(Waiting& waiting);
  // One step of that. False: nothing more is there now, or WAITING is destroyed.
  [[nodiscard]] bool ReadSome(Waiting& waiting);
  void Arrive(Waiting& waiting, const std::optional<ProxyAddresses>& addresses);
  // Resets it; WHY is logged and counted in COUNTER.
  void Refuse(Waiting& waiting, CounterIndex counter, const std::string& why);
  // Takes it out of the list.
  UniqueFd Remove(Waiting& waiting);
  void OnTimer();
  void ArmTimer();

  SharedState& shared_;
  std::function<void()> on_arrival_;
  std::list<Waiting> waiting_;  // the one that has waited longest first
  std::vector<Arrival> arrived_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
