#include "funnel-authd/peer/link_turn.h"

#include <utility>

namespace funnel::authd {

LinkTurn::LinkTurn(event::Loop& loop) {
  timer_ = loop.AddTimer([this] {
    ended_.reset();
    if (auto step = std::exchange(step_, nullptr)) step();
  });
}

void LinkTurn::Destroy(std::unique_ptr<PeerChannel> channel) {
  if (!channel) return;
  ended_ = std::move(channel);
  if (!step_) timer_->ArmAfter({});
}

void LinkTurn::Do(std::function<void()> step, Duration delay) {
  step_ = std::move(step);
  timer_->ArmAfter(delay);
}

}  // namespace funnel::authd
