// Requests whose answer is being worked on, each with its deadline. An answer that comes after the
// deadline, or whose asker is gone, finds its request no more.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "common/event/loop.h"
#include "funnel-authd/contexts.h"

namespace funnel::authd {

using AskId = StrongId<struct AskTag, std::uint64_t>;

class Asks {
 public:
  // What one client may have in work; beyond it is busy.
  static constexpr std::size_t kMaxOfOneClient = 1024;

  explicit Asks(event::Loop& loop) : loop_(loop) {}

  // nullopt: CLIENT has too many in work. ON_TIMEOUT runs once, unless Close() came first.
  [[nodiscard]] std::optional<AskId> Open(ClientId client, Duration timeout,
                                          std::function<void()> on_timeout);
  // False: it is over already, nobody waits for the answer.
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
  std::map<ClientId, std::size_t> count_of_;
};

}  // namespace funnel::authd
