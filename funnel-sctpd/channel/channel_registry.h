// The channels of this node, in the order in which they came, and when each must be looked at next.
// Owned by the ChannelTable; all its parts borrow it.
#pragma once

#include <memory>
#include <string>

#include "funnel-sctpd/channel/channel.h"
#include "funnel-sctpd/registry.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class ChannelRegistry {
 public:
  using Map = Registry<std::uint64_t, Channel>::Map;

  explicit ChannelRegistry(SharedState& shared) : shared_(shared) {}

  Channel& Add(ChannelRole role, const std::string& service, const std::string& peer,
               ChannelSide& side) {
    const std::uint64_t number = next_number_++;
    Channel& channel =
        channels_.Add(number, std::make_unique<Channel>(number, role, service, peer, side));
    UpdateGauge();
    return channel;
  }
  void Remove(const Channel& channel) { channels_.Remove(channel.number); }
  void Clear() { channels_.Clear(); }

  void SetDeadline(Channel& channel, Duration after) {
    due_.Set(channel.deadline, shared_.now() + after);
    shared_.work();
  }
  [[nodiscard]] TimePoint NextTimer() const { return due_.next(); }
  template <typename OnDue>
  void RunDue(OnDue&& on_due) {
    due_.RunDue(shared_.now(), std::forward<OnDue>(on_due));
  }

  // For loops over all of them, which are counted.
  [[nodiscard]] const Map& All() const { return channels_.All(); }
  [[nodiscard]] std::uint64_t walked() const { return channels_.walked(); }
  void UpdateGauge() { shared_.counters[kChannels] = channels_.size(); }

 private:
  SharedState& shared_;
  Deadlines<Channel> due_;  // outlives them
  Registry<std::uint64_t, Channel> channels_;
  std::uint64_t next_number_ = 0;
};

}  // namespace funnel::sctpd
