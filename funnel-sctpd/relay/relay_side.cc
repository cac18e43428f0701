#include "funnel-sctpd/relay/relay_side.h"

#include <map>
#include <utility>
#include <vector>

namespace funnel::sctpd {

void RelaySide::OnLinkClosed(Channel& channel) {
  std::string why(channel.link->end_text());
  if (why.empty()) why = "the way on is gone";
  parts_.ends.Drop(channel, wire::ClosedCode::kNoLink, why);
}

bool RelaySide::OnAnswer(Channel& channel, wire::FrameType type, ByteView frame) {
  return type == wire::FrameType::kOpened ? OnOpened(channel, frame) : OnRefused(channel, frame);
}

bool RelaySide::OnOpened(Channel& channel, ByteView frame) {
  if (!channel.half_open || channel.stream()->closed_received) return false;

  parts_.pending.Remove(channel);
  parts_.shared.Count(kRelaysOpened);
  SendOn(channel, frame);
  channel.stream()->opened = true;
  channel.SetState(ChannelState::kOpen, "");
  return true;
}

bool RelaySide::OnRefused(Channel& channel, ByteView frame) {
  const Channel::StreamUse* stream = channel.stream();
  if (channel.role != ChannelRole::kConnect || stream == nullptr || stream->closed_sent)
    return false;

  if (stream->closed_received) {  // it gave up before the answer came
    parts_.ends.SendClosed(channel, wire::ClosedCode::kDone);
    parts_.ends.End(channel, ipc::LinkEndCode::kClosed, "");
    return true;
  }

  parts_.shared.Count(kRelaysRefused);
  SendOn(channel, frame);
  // REFUSED frees the stream at both ends.
  parts_.ends.End(channel, ipc::LinkEndCode::kClosed, "refused");
  return true;
}

void RelaySide::SendOn(Channel& channel, ByteView frame) {
  parts_.associations.SendControl(*channel.association(), channel.stream()->id,
                                  Bytes(frame.begin(), frame.end()));
}

bool RelaySide::IsConfigured(const Channel& channel) const {
  const auto* service = parts_.shared.config.FindService(channel.service);
  if (service == nullptr || service->role != config::Role::kRelay) return false;
  if (channel.role == ChannelRole::kListen) return service->relay_to == channel.peer;
  return service->RelaysFor(channel.peer) && service->relay_to == channel.relay->peer;
}

bool RelaySide::HidesConnections(const Channel& channel) const {
  const auto* service = parts_.shared.config.FindService(channel.service);
  return channel.stream() != nullptr && service != nullptr &&
         config::HasConnections(service->protocol);
}

Channel* RelaySide::TwinOf(const Channel& channel) const {
  return parts_.links.Find(channel.link->twin());
}

std::size_t RelaySide::Close(const std::string& service, std::optional<std::uint64_t> number) {
  std::vector<Channel*> closing;
  std::size_t count = 0;
  for (const auto& [own_number, channel] : parts_.channels.All()) {
    // A channel that is not joined any more is closing already.
    if (channel->service != service || !IsJoined(*channel)) continue;

    const Channel* twin = TwinOf(*channel);
    if (number && own_number != *number && (twin == nullptr || twin->number != *number)) continue;
    closing.push_back(channel.get());
    count += channel->role == ChannelRole::kConnect || twin == nullptr;
  }

  for (Channel* channel : closing)
    parts_.ends.Drop(*channel, wire::ClosedCode::kAdministrator, "closed by an administrator");
  return count;
}

void RelaySide::OnQueued(Channel& channel) {
  const auto& limits = parts_.shared.config.node.sctp;
  if (channel.link->pending_bytes() > limits.channel_queue_bytes)
    return CloseForOverflow(channel, TooSlow(channel));

  // Each round ends the channel with most waiting frames, so that the limit is not reached soon
  // again.
  while (parts_.turn.queued_bytes() > limits.relay_queue_bytes) {
    Channel* greediest = Greediest();
    if (greediest == nullptr) return;
    CloseForOverflow(*greediest, TooSlow(*greediest) + ", and nobody has more waiting here");
  }
}

Channel* RelaySide::Greediest() const {
  const ChannelRegistry::Map& all = parts_.channels.All();
  auto waiting = [this](const Channel& channel) {
    return IsJoined(channel) ? channel.link->pending_bytes() : 0;
  };
  std::map<std::string_view, std::size_t> of_peer;
  for (const auto& [number, channel] : all) of_peer[channel->peer] += waiting(*channel);

  Channel* greediest = nullptr;
  std::pair<std::size_t, std::size_t> most;
  for (const auto& [number, channel] : all) {
    std::pair has(of_peer[channel->peer], waiting(*channel));
    if (has.second == 0 || has <= most) continue;
    most = has;
    greediest = channel.get();
  }
  return greediest;
}

void RelaySide::CloseForOverflow(Channel& channel, const std::string& why) {
  parts_.ends.NoteOverflow(channel, why);
  Channel* twin = TwinOf(channel);
  parts_.ends.Drop(channel, wire::ClosedCode::kLimit, why);
  if (twin != nullptr) parts_.ends.Drop(*twin, wire::ClosedCode::kLimit, why);
}

std::string RelaySide::TooSlow(const Channel& channel) {
  return "its next hop, " + channel.relay->peer + ", is too slow";
}

}  // namespace funnel::sctpd
