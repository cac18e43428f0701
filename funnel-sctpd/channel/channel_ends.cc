#include "funnel-sctpd/channel/channel_ends.h"

#include <cassert>
#include <utility>

#include "common/base/log.h"

namespace funnel::sctpd {

void ChannelEnds::End(Channel& channel, ipc::LinkEndCode code, const std::string& text) {
  if (channel.ending) return;

  parts_.pending.Remove(channel);
  channel.FreeStream();
  channel.Leave();
  channel.deadline.Clear();

  if (channel.link != nullptr) {
    ipc::LinkEnd end{.code = code, .text = text};
    channel.link->Append(wire::FrameType::kLinkEnd, channel.id, end.Serialize());
  }

  if (channel.relay) channel.relay->nonce.Release();
  channel.ending = true;
  ending_.push_back(&channel);
  parts_.shared.work();
  assert(channel.IsConsistent());
}

void ChannelEnds::Drop(Channel& channel, wire::ClosedCode code, const std::string& why) {
  if (channel.ending) return;
  if (channel.half_open) {
    parts_.shared.Count(kRelaysRefused);
    wire::RefusedBody body{.code = wire::RefusalCode::kNoRoute, .text = RelayText(why)};
    return Refuse(channel, body.code, body.Serialize());
  }

  if (channel.link != nullptr) {
    if (channel.association() != nullptr) channel.association()->senders.Remove(channel);
    parts_.links.Take(channel).reset();
  }
  SendClosed(channel, code);
  channel.deadline.Clear();

  if (channel.stream() == nullptr || channel.stream()->closed_received)
    return End(channel, ipc::LinkEndCode::kClosed, why);
  channel.SetState(ChannelState::kClosing, why);
  assert(channel.IsConsistent());
}

void ChannelEnds::SendClosed(Channel& channel, wire::ClosedCode code) {
  if (channel.stream() == nullptr || channel.stream()->closed_sent) return;
  channel.stream()->closed_sent = true;
  wire::FrameHeader header{.type = wire::FrameType::kClosed, .channel = channel.id};
  parts_.associations.SendControl(*channel.association(), channel.stream()->id,
                                  MakeFrame(header, wire::ClosedBody{code}.Serialize()));
}

void ChannelEnds::Refuse(Channel& channel, wire::RefusalCode code, Bytes body) {
  parts_.shared.Count(kRefusedByUs);
  if (body.empty())
    body =
        wire::RefusedBody{.code = code, .text = std::string(wire::RefusalText(code))}.Serialize();
  wire::FrameHeader header{.type = wire::FrameType::kRefused, .channel = channel.id};
  parts_.associations.SendControl(*channel.association(), channel.stream()->id,
                                  MakeFrame(header, body));
  End(channel, ipc::LinkEndCode::kClosed, "refused");
}

void ChannelEnds::RefuseOpen(Association& association, StreamId stream, ChannelId id,
                             wire::RefusalCode code, std::string text) {
  parts_.shared.Count(kRefusedByUs);
  if (text.empty()) text = wire::RefusalText(code);
  wire::RefusedBody body{.code = code, .text = std::move(text)};
  wire::FrameHeader header{.type = wire::FrameType::kRefused, .channel = id};
  parts_.associations.SendControl(association, stream, MakeFrame(header, body.Serialize()));
}

void ChannelEnds::NoteOverflow(const Channel& channel, const std::string& why) {
  parts_.shared.Count(kChannelOverflows);
  Log(LogLevel::kWarning, "channel-overflow", why + "; the channel is closed",
      {{"SERVICE", channel.service}, {"PEER", channel.peer}});
}

std::string ChannelEnds::RelayText(const std::string& why) const {
  return "relay " + parts_.shared.config.node.name + ": " + why;
}

bool ChannelEnds::Sweep() {
  if (ending_.empty()) return false;

  // A channel that goes may be the last that wanted its peer, and then others end with the peer.
  for (std::size_t i = 0; i < ending_.size(); ++i) {
    Channel& channel = *ending_[i];
    if (channel.link != nullptr) linger_.Add(parts_.links.Take(channel), parts_.shared.now());
    if (channel.role == ChannelRole::kListen) parts_.associations.RemoveWant(channel.peer);
    parts_.channels.Remove(channel);
  }

  ending_.clear();
  parts_.shared.work();
  return true;
}

}  // namespace funnel::sctpd
