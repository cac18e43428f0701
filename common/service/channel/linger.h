// Links of channels that are over: each stays until the socket has taken its last frames (FAREWELL,
// CLOSED), for a limited time.
#pragma once

#include <memory>
#include <vector>

#include "common/service/channel/channel_link.h"

namespace funnel::service {

class Linger final : private ChannelLink::Handler {
 public:
  static constexpr std::chrono::seconds kMaxTime{5};
  static constexpr std::size_t kMaxLinks = 256;

  // ON_EMPTY is called when the last one has gone.
  Linger(event::Loop& loop, std::function<void()> on_empty);

  void Add(std::unique_ptr<ChannelLink> link);
  [[nodiscard]] bool empty() const { return links_.empty(); }

 private:
  struct Entry {
    std::unique_ptr<ChannelLink> link;
    TimePoint deadline;
  };
  void OnFrame(const wire::FrameHeader&, MutableByteView) override {}
  void OnLinkLost(const LinkLoss&) override { sweep_->Request(); }
  void OnFlush() override {}
  void OnFlushed() override { sweep_->Request(); }
  // Destroys the links whose last frames were sent or whose socket is gone.
  void Sweep();

  std::function<void()> on_empty_;
  std::vector<Entry> links_;
  std::unique_ptr<event::TurnHook> sweep_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::service
