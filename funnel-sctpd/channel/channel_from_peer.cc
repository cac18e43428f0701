// ChannelTable: what peers send. All of it is unauthenticated here: it moves frames and frees
// streams, and decides nothing else.
#include <ctime>

#include "common/base/log.h"
#include "common/base/text.h"
#include "funnel-sctpd/channel/channel_table.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// For our edge to answer the peer's CLOSED with its own.
constexpr Duration kCloseTimeout = 10s;

}  // namespace

void ChannelTable::OnFrame(Association& association, StreamId stream, MutableByteView frame) {
  auto header = wire::FrameHeader::Parse(frame);
  if (!header || frame.size() > wire::kMaxFrameSize) return env_.Count(kDropMalformed);
  if (wire::IsLocal(header->type)) return env_.Count(kDropType);
  association.active = env_.now();
  if (header->type == wire::FrameType::kOpen)
    return OpenFromPeer(association, stream, header->channel,
                        frame.subspan(wire::kFrameHeaderSize));
  Channel* channel = association.streams.At(stream);
  if (channel == nullptr) return env_.Count(kDropStream);
  if (channel->id != header->channel) return DropFromPeer(*channel, kDropChannel);
  switch (header->type) {
    case wire::FrameType::kSealed:
      return SealedFromPeer(*channel, frame);
    case wire::FrameType::kOpened:
      return OpenedFromPeer(*channel, frame);
    case wire::FrameType::kRefused:
      return RefusedFromPeer(*channel, frame);
    case wire::FrameType::kClosed:
      return ClosedFromPeer(*channel, frame);
    case wire::FrameType::kOpen:
    case wire::FrameType::kLinkUp:
    case wire::FrameType::kLinkEnd:
    case wire::FrameType::kNote:
      break;
  }
}

void ChannelTable::SealedFromPeer(Channel& channel, ByteView frame) {
  if (!channel.carries_sealed() || channel.link == nullptr)
    return DropFromPeer(channel, kDropState);
  ++channel.stats.frames_received;
  channel.stats.bytes_received += frame.size();
  ToEdge(channel, frame);
}

void ChannelTable::OpenedFromPeer(Channel& channel, ByteView frame) {
  if (channel.role != ChannelRole::kListen || channel.opened || channel.closed_received)
    return DropFromPeer(channel, kDropState);
  channel.opened = true;
  if (channel.link == nullptr) return;  // our CLOSED is on its way
  channel.SetState(ChannelState::kOpen, "");
  ToEdge(channel, frame);
}

void ChannelTable::RefusedFromPeer(Channel& channel, ByteView frame) {
  if (channel.role != ChannelRole::kListen) return DropFromPeer(channel, kDropState);
  auto body = wire::RefusedBody::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (!body) return DropFromPeer(channel, kDropMalformed);
  env_.Count(kRefusedByPeer);
  std::string text = EscapeForLog(body->text);
  Log(LogLevel::kWarning, "channel-refused", "the peer refused it: " + text,
      {{"SERVICE", channel.service},
       {"PEER", channel.peer},
       {"CODE", std::to_string(static_cast<unsigned>(body->code))}});
  Remember(channel.service, channel.peer, Refusal::Direction::kIn,
           static_cast<std::uint16_t>(body->code), text);
  bool truncated = channel.opened;
  if (channel.link != nullptr) ToEdge(channel, frame);
  if (channel.ending) return;
  channel.reason_authenticated = false;
  channel.FreeStream();
  if (channel.link == nullptr || truncated)
    return End(channel, ipc::LinkEndCode::kClosed, "refused: " + text);
  // The edge may open again, on another stream.
  channel.SetState(ChannelState::kRefused, text);
}

void ChannelTable::ClosedFromPeer(Channel& channel, ByteView frame) {
  auto body = wire::ClosedBody::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (channel.closed_received || !body) return DropFromPeer(channel, kDropState);
  channel.closed_received = true;
  if (channel.accept_request) {  // it gave up before authd had answered
    SendClosed(channel, wire::ClosedCode::kDone);
    return End(channel, ipc::LinkEndCode::kClosed, "");
  }
  if (channel.link != nullptr) ToEdge(channel, frame);
  if (channel.ending) return;
  if (channel.closed_sent) return End(channel, ipc::LinkEndCode::kClosed, "");
  const bool done = body->code == wire::ClosedCode::kDone;
  channel.SetState(ChannelState::kClosing,
                   done ? "" : "the peer says: " + wire::ClosedText(body->code));
  SetDeadline(channel, kCloseTimeout);
}

void ChannelTable::ToEdge(Channel& channel, ByteView frame) {
  channel.link->Append(frame);
  MarkDirty(channel);
  const auto& limits = env_.config.node.sctp;
  if (channel.link->pending_bytes() > limits.channel_queue_bytes)
    return CloseForOverflow(
        channel, channel.relayed() ? TooSlow(channel.relay_peer) : "its edge does not read");
  if (channel.relayed()) LimitRelays();
}

void ChannelTable::CloseForOverflow(Channel& channel, const std::string& why) {
  env_.Count(kChannelOverflows);
  Log(LogLevel::kWarning, "channel-overflow", why + "; the channel is closed",
      {{"SERVICE", channel.service}, {"PEER", channel.peer}});
  if (channel.relayed())
    DropBoth(channel, wire::ClosedCode::kLimit, why);
  else
    DropLink(channel, wire::ClosedCode::kLimit, why);
}

void ChannelTable::DropFromPeer(Channel& channel, Counter why) {
  env_.Count(why);
  ++channel.stats.frames_dropped;
}

void ChannelTable::Remember(const std::string& service, const std::string& peer,
                            Refusal::Direction direction, std::uint16_t code,
                            const std::string& text) {
  refusals_.Add({.when = std::time(nullptr),
                 .service = service,
                 .peer = peer,
                 .direction = direction,
                 .code = code,
                 .text = text},
                env_.config.node.sctp.refusals_kept);
}

}  // namespace funnel::sctpd
