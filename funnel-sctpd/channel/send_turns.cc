#include "funnel-sctpd/channel/send_turns.h"

#include <algorithm>
#include <utility>

#include "funnel-sctpd/channel/channel_side.h"

namespace funnel::sctpd {
namespace {

// How much one association takes in one turn, so that input gets its turn, too.
constexpr std::size_t kTurnBytes = 4 * 1024 * 1024;
// Four frames of bulk data: small enough that ten bulk channels delay each other only by
// milliseconds.
constexpr std::size_t kQuantumBytes = 64 * 1024;
// ... for a channel of the default weight.
constexpr std::size_t kQuantumWeight = 10;

}  // namespace

std::size_t SendTurns::QuantumOf(const Channel& channel) {
  return kQuantumBytes * channel.weight / kQuantumWeight;
}

std::size_t SendTurns::TurnOf(const Channel& channel) {
  const std::size_t quantum = QuantumOf(channel);
  return channel.turn_left == 0 ? quantum : std::min(quantum, channel.turn_left);
}

void SendTurns::OnReadable(Channel& channel) {
  FrameLink& link = *channel.link;
  Association* association = channel.association();

  if (association != nullptr && association->senders.HasBefore(channel.priority)) {
    link.WatchInput(false);
    return association->senders.Add(channel);
  }

  const bool alone = association == nullptr || association->senders.empty();
  switch (Pump(channel, alone ? ipc::FrameReader::kBudget : QuantumOf(channel))) {
    case Pumped::kDrained:
    case Pumped::kGone:
      return;
    case Pumped::kMore:
      if (channel.association() == nullptr) return;  // it has notes only, and stays readable
      break;
    case Pumped::kBlocked:
      channel.association()->blocked = true;
      break;
  }

  link.WatchInput(false);
  channel.association()->senders.Add(channel);
  if (!channel.association()->blocked) MarkReady(*channel.association());
}

void SendTurns::MarkReady(Association& association) {
  if (!std::exchange(association.ready, true)) ready_.push_back(&association);
  shared_.work();
}

void SendTurns::Forget(Association& association) {
  if (std::exchange(association.ready, false)) std::erase(ready_, &association);
}

bool SendTurns::Run() {
  std::vector<Association*> ready = std::exchange(ready_, {});
  for (Association* association : ready) association->ready = false;

  for (Association* association : ready)
    if (association->up() && !RunAssociation(*association)) MarkReady(*association);
  return !ready_.empty();
}

bool SendTurns::RunAssociation(Association& association) {
  auto& senders = association.senders;

  for (std::size_t sent = 0; !senders.empty() && !association.blocked; sent += kQuantumBytes) {
    if (sent >= kTurnBytes) return false;
    Channel& channel = senders.Front();
    const bool alone = senders.size() == 1;

    switch (Pump(channel, alone ? ipc::FrameReader::kBudget : TurnOf(channel))) {
      case Pumped::kDrained:
        senders.Remove(channel);
        channel.link->WatchInput(true);
        break;
      case Pumped::kMore:
        senders.Rotate();
        break;
      case Pumped::kBlocked:
        association.blocked = true;  // it will continue with the rest of its turn
        break;
      case Pumped::kGone:
        break;
    }
  }
  return true;
}

SendTurns::Pumped SendTurns::Pump(Channel& channel, std::size_t quantum) {
  struct Turn {
    FrameTaker& taker;
    Channel& channel;
    std::size_t left;
    bool blocked = false;
  } turn{taker_, channel, quantum};

  auto status = channel.link->Drain(buffer_, [&turn](MutableByteView frame) {
    if (turn.left == 0) return false;
    if (!turn.channel.ending &&
        turn.taker.TakeFromLink(turn.channel, frame) == FrameTaker::Taken::kBlocked) {
      turn.blocked = true;
      return false;
    }
    turn.left -= std::min(turn.left, frame.size());
    return true;
  });

  if (channel.ending) return Pumped::kGone;
  channel.turn_left = turn.blocked ? turn.left : 0;
  switch (status) {
    case ipc::FrameReader::Status::kDrained:
      return Pumped::kDrained;
    case ipc::FrameReader::Status::kMore:
      return Pumped::kMore;
    case ipc::FrameReader::Status::kPaused:
      return turn.blocked ? Pumped::kBlocked : Pumped::kMore;
    case ipc::FrameReader::Status::kClosed:
      break;
  }
  channel.side.OnLinkClosed(channel);
  return Pumped::kGone;
}

void SendTurns::Configure(Channel& channel) const {
  const auto* service = shared_.config.FindService(channel.service);
  if (service == nullptr) return;

  // Its place is among those of its priority.
  const bool queued = channel.queued;
  if (queued) channel.association()->senders.Remove(channel);
  channel.priority = service->priority;
  channel.weight = service->weight;
  channel.copied = service->copies > 1;
  if (queued) channel.association()->senders.Add(channel);
}

}  // namespace funnel::sctpd
