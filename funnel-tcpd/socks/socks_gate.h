// Clients of a service with protocol = socks that have not yet said to what they are to be
// connected. Exactly the bytes of their messages are read from them, so that what follows stays in
// the kernel. Who has said it becomes a connection like any other, with a target; the answer is
// given when the far end has connected (target_starts.h). After request-wait, or with bytes that
// are not SOCKS, they are reset; a request that cannot be met gets its reply. Each has its slot of
// max-sessions.
//
// Owned by the edge, on the loop's thread.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "funnel-tcpd/shared_state.h"
#include "funnel-tcpd/socks/socks_message.h"

namespace funnel::tcpd {

class SocksGate {
 public:
  // ON_REQUEST gets a connection whose `info` has its target, at the end of a turn.
  SocksGate(SharedState& shared, std::function<void(Connection)> on_request);
  ~SocksGate() { Clear(); }

  // The connection is non-blocking.
  void Add(Connection connection);
  // Resets all of them.
  void Clear();
  void Visit(const std::function<void(const Connection& connection, TimePoint since)>& visit) const;

 private:
  struct Waiting final : event::DescriptorHandler {
    Waiting(SocksGate& owner, Connection accepted) : gate(owner), connection(std::move(accepted)) {}
    void OnReady(std::uint32_t) override { gate.Read(*this); }

    SocksGate& gate;
    Connection connection;
    event::Registration watch;
    bool greeted = false;
    TimePoint since = Now(), until{};
    Bytes message;  // what has come of the present one
    std::list<Waiting>::iterator place;
  };

  // Reads what has come; destroys WAITING if its request is complete, or is none.
  void Read(Waiting& waiting);
  // How many bytes of the present message are missing; 0: WAITING is destroyed.
  [[nodiscard]] std::size_t Look(Waiting& waiting);
  // The same for either message.
  [[nodiscard]] std::size_t LookAtGreeting(Waiting& waiting);
  [[nodiscard]] std::size_t LookAtRequest(Waiting& waiting);
  // The client has ended or broken its connection.
  void OnEnd(Waiting& waiting);
  // Sends REPLY, if there is any, and ends the connection; without one it is reset. WHY is logged,
  // and counted in COUNTER.
  void Refuse(Waiting& waiting, CounterIndex counter, const std::string& why, ByteView reply = {});
  // Takes it out of the list.
  Connection Remove(Waiting& waiting);
  void DeliverRequests();
  void OnTimer();
  void ArmTimer();

  SharedState& shared_;
  std::function<void(Connection)> on_request_;
  std::list<Waiting> waiting_;  // the one that has waited longest first
  std::vector<Connection> requests_;
  std::unique_ptr<event::Timer> timer_;
  std::unique_ptr<event::TurnHook> hook_;
};

// Tells the client of a connection with a target why it is not connected, and closes it. Any other,
// and a forwarded one, is reset, and of a command all flows are.
void TurnAway(Connection connection, wire::EndCode code);
// Sends REPLY as the last of FD, whose peer gets it even if it has sent more than was read.
void CloseWithReply(UniqueFd fd, ByteView reply);

}  // namespace funnel::tcpd
