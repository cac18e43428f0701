// Peers' OPENs that are not answered yet. Most wait for authd, which judges each before anything
// else is started: what waits is a body and a small record. Those that a relay has passed on wait
// for the next hop. The number of both is limited, in all and for each association, so that nobody
// fills the node with channels that never become open. Owned by the ChannelTable.
#pragma once

#include <map>

#include "common/base/bytes.h"
#include "funnel-sctpd/channel/channel_registry.h"

namespace funnel::sctpd {

class PendingOpens {
 public:
  PendingOpens(SharedState& shared, ChannelRegistry& channels)
      : shared_(shared), channels_(channels) {}

  [[nodiscard]] bool HasRoomOn(const Association& association) const;

  // CHANNEL, which has its stream, waits for authd's verdict on BODY.
  void AskAuthd(Channel& channel, ByteView body);
  // CHANNEL, which has its stream, waits for the next hop's answer.
  void AwaitNextHop(Channel& channel);
  // CHANNEL's OPEN waits no longer; does nothing if it did not wait.
  void Remove(Channel& channel);
  // The channel that waited for this verdict; it waits no longer. nullptr: the peer has withdrawn
  // it.
  [[nodiscard]] Channel* Take(std::uint32_t request);

  // authd is there again, and knows none of them.
  void OnAuthdUp();

  [[nodiscard]] std::size_t size() const { return size_; }
  void UpdateGauge() { shared_.counters[kHalfOpen] = size_; }

 private:
  struct Question {
    Channel* channel;
    Bytes open_body;  // kept because authd may restart and be asked again
  };
  // Counts CHANNEL, and sets the time by which it must be answered.
  void Begin(Channel& channel, Channel::HalfOpen half_open);
  void Send(std::uint32_t request, const Question& question);

  SharedState& shared_;
  ChannelRegistry& channels_;
  std::map<std::uint32_t, Question> questions_;
  std::uint32_t next_request_ = 0;
  std::size_t size_ = 0;
};

}  // namespace funnel::sctpd
