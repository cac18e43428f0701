// Whose turn it is to send: on each association the channels with input take turns (fair_queue.h),
// so that a channel with much to send delays the others by no more than a few of its turns. A
// channel that becomes readable while nobody waits has its turn at once. Owned by the ChannelTable.
//
// An association whose engine is full is `blocked` until it is writable again. Until then its
// channels' links are not read, so what cannot be sent waits at the edges.
#pragma once

#include <vector>

#include "common/ipc/frame_pipe.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/channel/channel.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

// Receives the frames that are read from links.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  enum class Taken { kYes, kBlocked };
  // kBlocked: the engine is full, and FRAME will be shown again.
  [[nodiscard]] virtual Taken TakeFromLink(Channel& channel, ByteView frame) = 0;
};

class SendTurns {
 public:
  SendTurns(SharedState& shared, FrameTaker& taker) : shared_(shared), taker_(taker) {}

  // CHANNEL's link has input.
  void OnReadable(Channel& channel);
  // ASSOCIATION can take frames.
  void MarkReady(Association& association);
  // ASSOCIATION is not up any more.
  void Forget(Association& association);
  // Runs the turns of all that can take frames. True: there is more than one turn's share.
  bool Run();

  // Copies priority, weight and copies from the configuration.
  void Configure(Channel& channel) const;

 private:
  enum class Pumped { kDrained, kMore, kBlocked, kGone };

  // How much one channel sends before others get their turn.
  [[nodiscard]] static std::size_t QuantumOf(const Channel& channel);
  // The rest of a turn that was interrupted, or a new one. If every interruption gave a new turn, a
  // channel could keep its turn for ever.
  [[nodiscard]] static std::size_t TurnOf(const Channel& channel);
  // False: this turn's share is used up.
  bool RunAssociation(Association& association);
  // Reads from CHANNEL's link until QUANTUM bytes are sent, or no more can be sent.
  [[nodiscard]] Pumped Pump(Channel& channel, std::size_t quantum);

  SharedState& shared_;
  FrameTaker& taker_;
  std::vector<Association*> ready_;
  ipc::ReadBuffer buffer_;
};

}  // namespace funnel::sctpd
