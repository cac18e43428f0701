// Accepted connections whose channel is not up yet. Nothing is read from them, so what clients send
// waits in the kernel. After connect-wait they are reset. max-sessions limits their number: each
// has its slot.
//
// Owned by the listening side, on the loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "common/base/clock.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class WaitingRoom {
 public:
  explicit WaitingRoom(SharedState& shared);
  ~WaitingRoom();

  void Add(Connection connection);
  // Offers the connections in the order in which they came, until OPEN returns false (and leaves
  // its argument unchanged). OPEN must not call the room.
  void Drain(const std::function<bool(Connection&)>& open);
  // Resets those whose time ends by UNTIL. False: there are none.
  bool ClearUntil(TimePoint until);
  // Resets all of them.
  void Clear();
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  void Visit(
      const std::function<void(const Connection& connection, TimePoint since)>& visit) const {
    for (const Waiting& waiting : waiting_) visit(waiting.connection, waiting.since);
  }

 private:
  struct Waiting {
    TimePoint since;
    TimePoint until;
    Connection connection;
  };

  // Resets those that have waited for connect-wait.
  void OnTimer();
  void PopFront();
  void ArmTimer();

  SharedState& shared_;
  std::deque<Waiting> waiting_;  // in order, because all wait equally long
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
