// What a link (peer_link.h) leaves to a later turn of the loop: the end of a channel whose methods
// may be on the stack, and one step.
#pragma once

#include <functional>
#include <memory>

#include "common/event/loop.h"
#include "funnel-authd/peer/peer_channel.h"

namespace funnel::authd {

class LinkTurn {
 public:
  explicit LinkTurn(event::Loop& loop);

  // The next turn destroys CHANNEL, which may be nullptr; if a step waits, its turn does.
  void Destroy(std::unique_ptr<PeerChannel> channel);
  // Calls STEP after DELAY, and not the one that waited.
  void Do(std::function<void()> step, Duration delay);
  void Cancel() { step_ = nullptr; }

 private:
  std::unique_ptr<PeerChannel> ended_;
  std::function<void()> step_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::authd
