// Requests whose answer is being worked on, each with its deadline. An answer that comes after the
// deadline, or after its client has gone, no longer finds its request. Each request has a job in a
// pool, whose queue limits how many there are, for each service and in all.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "common/event/loop.h"
#include "funnel-authd/contexts.h"

namespace funnel::authd {

using AskId = StrongId<struct AskTag, std::uint64_t>;

class Asks {
 public:
  explicit Asks(event::Loop& loop) : loop_(loop) {}

  // ON_TIMEOUT runs once, unless Close() came first.
  [[nodiscard]] AskId Open(ClientId client, Duration timeout, std::function<void()> on_timeout);
  // False: the request is over already, nobody waits for the answer.
  [[nodiscard]] bool Close(AskId id);
  void CloseAllOf(ClientId client);

 private:
  struct Ask {
    ClientId client;
    std::function<void()> on_timeout;
    std::unique_ptr<event::Timer> timer;
  };
  void OnTimeout(AskId id);

  event::Loop& loop_;
  std::uint64_t last_ = 0;
  std::map<AskId, Ask> asks_;
};

}  // namespace funnel::authd
