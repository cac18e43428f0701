// Whose turn it is to send: on each association the channels with input take turns (fair_queue.h),
// so that none of them, however much it has, delays the others by more than a few turns of theirs.
// A channel that becomes readable while nobody waits has its turn at once. Owned by the
// ChannelTable.
//
// An association whose engine is full is `blocked` until it is writable again; its channels' links
// are not read meanwhile, so that what cannot be sent waits at the edges.
#pragma once

#include <vector>

#include "common/ipc/frame_pipe.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/channel/channel.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

// Where frames that were read from links go.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  enum class Taken { kYes, kBlocked };
  // kBlocked: the engine is full, and FRAME is to come again.
  [[nodiscard]] virtual Taken TakeFromLink(Channel& channel, ByteView frame) = 0;
};

class SendTurns {
 public:
  SendTurns(SharedState& shared, FrameTaker& taker) : shared_(shared), taker_(taker) {}

  // CHANNEL's link has input.
  void OnReadable(Channel& channel);
  // ASSOCIATION can take frames.
  void MarkReady(Association& association);
  // It is not up any more.
  void Forget(Association& association);
  // The turns of all that can take frames. True: there is more than one turn's share.
  bool Run();

  // Takes over priority, weight and copies from the configuration.
  void Configure(Channel& channel) const;

 private:
  enum class Pumped { kDrained, kMore, kBlocked, kGone };

  // What one channel sends before others have their turn.
  [[nodiscard]] static std::size_t QuantumOf(const Channel& channel);
  // What is left of one that was interrupted, or a new one: who is always interrupted before it is
  // over must not have it for ever.
  [[nodiscard]] static std::size_t TurnOf(const Channel& channel);
  // False: this turn's share is used up.
  bool RunAssociation(Association& association);
  // Reads from CHANNEL's link until QUANTUM bytes are sent, or no more can be.
  [[nodiscard]] Pumped Pump(Channel& channel, std::size_t quantum);

  SharedState& shared_;
  FrameTaker& taker_;
  std::vector<Association*> ready_;
  ipc::ReadBuffer buffer_;
};

}  // namespace funnel::sctpd
