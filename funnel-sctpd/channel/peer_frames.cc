#include "funnel-sctpd/channel/peer_frames.h"

#include <cassert>

#include "common/base/log.h"
#include "common/base/text.h"
#include "funnel-sctpd/channel/channel_side.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// How long our edge may take to answer the peer's CLOSED with its own.
constexpr Duration kCloseTimeout = 10s;

}  // namespace

void PeerFrames::OnFrame(Association& association, StreamId stream, MutableByteView frame) {
  auto header = wire::FrameHeader::Parse(frame);
  if (!header || frame.size() > wire::kMaxFrameSize) return parts_.shared.Count(kDropMalformed);
  if (wire::IsLocal(header->type)) return parts_.shared.Count(kDropType);
  association.active = parts_.shared.now();

  if (header->type == wire::FrameType::kOpen)
    return parts_.opens.OnOpen(association, stream, header->channel,
                               frame.subspan(wire::kFrameHeaderSize));

  Channel* channel = association.streams.At(stream);
  if (channel == nullptr) return parts_.shared.Count(kDropStream);
  if (channel->id != header->channel) return Discard(*channel, kDropChannel);
  Dispatch(*channel, header->type, frame);
  assert(channel->IsConsistent());
}

void PeerFrames::Dispatch(Channel& channel, wire::FrameType type, ByteView frame) {
  switch (type) {
    case wire::FrameType::kSealed:
      return OnSealed(channel, frame);
    case wire::FrameType::kOpened:
      return OnOpened(channel, frame);
    case wire::FrameType::kRefused:
      return OnRefused(channel, frame);
    case wire::FrameType::kClosed:
      return OnClosed(channel, frame);
    case wire::FrameType::kOpen:
    case wire::FrameType::kLinkUp:
    case wire::FrameType::kLinkEnd:
    case wire::FrameType::kNote:
      break;
  }
}

void PeerFrames::OnSealed(Channel& channel, ByteView frame) {
  if (!channel.carries_sealed() || channel.link == nullptr) return Discard(channel, kDropState);
  ++channel.stats.frames_received;
  channel.stats.bytes_received += frame.size();
  ToLink(channel, frame);
}

void PeerFrames::OnOpened(Channel& channel, ByteView frame) {
  Channel::StreamUse& stream = *channel.stream();
  if (channel.role != ChannelRole::kListen || stream.opened || stream.closed_received)
    return Discard(channel, kDropState);

  stream.opened = true;
  if (channel.link == nullptr) return;  // our CLOSED is on its way
  channel.SetState(ChannelState::kOpen, "");
  ToLink(channel, frame);
}

void PeerFrames::OnRefused(Channel& channel, ByteView frame) {
  if (channel.role != ChannelRole::kListen) return Discard(channel, kDropState);
  auto body = wire::RefusedBody::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (!body) return Discard(channel, kDropMalformed);

  parts_.shared.Count(kRefusedByPeer);
  const std::string text = EscapeForLog(body->text);
  const auto code = static_cast<std::uint16_t>(body->code);
  Log(LogLevel::kWarning, "channel-refused", "the peer refused it: " + text,
      {{"SERVICE", channel.service}, {"PEER", channel.peer}, {"CODE", std::to_string(code)}});
  parts_.refusals.Add({.service = channel.service,
                       .peer = channel.peer,
                       .direction = Refusal::Direction::kIn,
                       .code = code,
                       .text = text},
                      parts_.shared.config.node.sctp.refusals_kept);

  const bool truncated = channel.stream()->opened;
  if (channel.link != nullptr) ToLink(channel, frame);
  if (channel.ending) return;
  channel.reason_authenticated = false;
  channel.FreeStream();
  if (channel.link == nullptr || truncated)
    return parts_.ends.End(channel, ipc::LinkEndCode::kClosed, "refused: " + text);
  // The edge may open again, on another stream.
  channel.SetState(ChannelState::kRefused, text);
}

void PeerFrames::OnClosed(Channel& channel, ByteView frame) {
  auto body = wire::ClosedBody::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (channel.stream()->closed_received || !body) return Discard(channel, kDropState);
  channel.stream()->closed_received = true;

  if (channel.half_open && channel.half_open->request) {  // it gave up before authd had answered
    parts_.ends.SendClosed(channel, wire::ClosedCode::kDone);
    return parts_.ends.End(channel, ipc::LinkEndCode::kClosed, "");
  }

  if (channel.link != nullptr) ToLink(channel, frame);
  if (channel.ending) return;
  if (channel.stream()->closed_sent) return parts_.ends.End(channel, ipc::LinkEndCode::kClosed, "");
  const bool done = body->code == wire::ClosedCode::kDone;
  channel.SetState(ChannelState::kClosing,
                   done ? "" : "the peer says: " + wire::ClosedText(body->code));
  parts_.channels.SetDeadline(channel, kCloseTimeout);
}

void PeerFrames::ToLink(Channel& channel, ByteView frame) {
  channel.link->Append(frame);
  parts_.links.MarkDirty(channel);
  channel.side.OnQueued(channel);
}

void PeerFrames::Discard(Channel& channel, Counter why) {
  parts_.shared.Count(why);
  ++channel.stats.frames_dropped;
}

}  // namespace funnel::sctpd
