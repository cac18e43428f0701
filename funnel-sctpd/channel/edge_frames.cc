#include "funnel-sctpd/channel/edge_frames.h"

#include <cassert>
#include <utility>

#include "funnel-sctpd/channel/channel_side.h"

namespace funnel::sctpd {

FrameTaker::Taken EdgeFrames::TakeFromLink(Channel& channel, ByteView frame) {
  const Taken taken = Dispatch(channel, frame);
  assert(channel.IsConsistent());
  return taken;
}

FrameTaker::Taken EdgeFrames::Dispatch(Channel& channel, ByteView frame) {
  auto header = wire::FrameHeader::Parse(frame);
  if (!header) return Discard(channel, kDropEdgeMalformed);

  // The first frame shows that the edge has adopted the channel.
  if (channel.role == ChannelRole::kConnect && channel.state() == ChannelState::kOpen)
    channel.deadline.Clear();

  switch (header->type) {
    case wire::FrameType::kSealed:
      return OnSealed(channel, *header, frame);
    case wire::FrameType::kOpen:
      return OnOpen(channel, *header, frame);
    case wire::FrameType::kClosed:
      return OnClosed(channel, *header, frame);
    case wire::FrameType::kNote:
      return OnNote(channel, frame);
    case wire::FrameType::kOpened:
    case wire::FrameType::kRefused:
      if (channel.side.OnAnswer(channel, header->type, frame)) return Taken::kYes;
      break;
    case wire::FrameType::kLinkUp:
    case wire::FrameType::kLinkEnd:
      break;
  }
  return Discard(channel, kDropEdgeState);
}

FrameTaker::Taken EdgeFrames::OnSealed(Channel& channel, const wire::FrameHeader& header,
                                       ByteView frame) {
  if (header.channel != channel.id) return Discard(channel, kDropEdgeChannel);
  if (!channel.carries_sealed() || channel.stream()->closed_sent)
    return Discard(channel, kDropEdgeState);

  SharedState& shared = parts_.shared;
  sctp::SendOptions options{.unordered = true,
                            .lifetime = std::chrono::milliseconds(header.lifetime_ms),
                            .copied = channel.copied,
                            .share = channel.share()};
  switch (shared.engine->Send(channel.association()->id(), channel.stream()->id, frame, options)) {
    case sctp::SendStatus::kSent:
      break;
    case sctp::SendStatus::kFull:
      shared.Count(kSendBlocked);
      return Taken::kBlocked;
    case sctp::SendStatus::kTooLarge:
      return Discard(channel, kDropEdgeMalformed);
    case sctp::SendStatus::kGone:
      return Taken::kYes;  // OnAssociationDown is on its way
  }

  shared.Count(kFramesOut);
  shared.Count(kBytesOut, frame.size());
  channel.association()->active = shared.now();
  ++channel.stats.frames_sent;
  channel.stats.bytes_sent += frame.size();
  return Taken::kYes;
}

FrameTaker::Taken EdgeFrames::OnOpen(Channel& channel, const wire::FrameHeader& header,
                                     ByteView frame) {
  if (channel.role != ChannelRole::kListen || channel.stream() != nullptr)
    return Discard(channel, kDropEdgeState);
  if (channel.association() == nullptr || !channel.association()->up()) {
    parts_.links.RefuseEdge(channel, header.channel, "no association");
    return Taken::kYes;
  }

  Association& association = *channel.association();
  // The CLOSED of an earlier user may still wait; OPEN must not overtake it.
  if (association.has_control()) return Taken::kBlocked;
  auto stream = ChooseStream(channel);
  if (!stream) {
    parts_.links.RefuseEdge(channel, header.channel, "no stream is free");
    return Taken::kYes;
  }

  auto sent =
      parts_.shared.engine->Send(association.id(), *stream, frame, {.share = channel.share()});
  if (sent == sctp::SendStatus::kFull) return Taken::kBlocked;
  if (sent == sctp::SendStatus::kTooLarge) return Discard(channel, kDropEdgeMalformed);
  parts_.shared.Count(kOpensSent);
  parts_.shared.Count(kFramesOut);
  parts_.shared.Count(kBytesOut, frame.size());

  channel.TakeStream(association, *stream, header.channel);
  channel.SetState(ChannelState::kOpening, "");
  return Taken::kYes;
}

std::optional<StreamId> EdgeFrames::ChooseStream(const Channel& channel) const {
  const auto* service = parts_.shared.config.FindService(channel.service);
  StreamMap& streams = channel.association()->streams;
  if (service == nullptr || !service->stream) return streams.FindFree();

  for (std::uint32_t i = 0; i < service->channels; ++i) {
    StreamId pinned(static_cast<std::uint16_t>(service->stream->value() + i));
    if (streams.Exists(pinned) && streams.At(pinned) == nullptr) return pinned;
  }
  return std::nullopt;
}

FrameTaker::Taken EdgeFrames::OnClosed(Channel& channel, const wire::FrameHeader& header,
                                       ByteView frame) {
  Channel::StreamUse* stream = channel.stream();
  if (header.channel != channel.id || stream == nullptr || stream->closed_sent)
    return Discard(channel, kDropEdgeState);

  stream->closed_sent = true;
  parts_.associations.SendControl(*channel.association(), stream->id,
                                  Bytes(frame.begin(), frame.end()));
  if (stream->closed_received)
    parts_.ends.End(channel, ipc::LinkEndCode::kClosed, "");
  else
    channel.SetState(ChannelState::kClosing, "");
  return Taken::kYes;
}

FrameTaker::Taken EdgeFrames::OnNote(Channel& channel, ByteView frame) {
  auto note = ipc::Note::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (!note) return Discard(channel, kDropEdgeMalformed);

  channel.note = *std::move(note);
  const ipc::Note& said = *channel.note;
  if (said.text.empty()) return Taken::kYes;

  channel.reason = said.text;
  channel.reason_authenticated = said.authenticated;
  if (said.authenticated && said.state == ipc::NoteState::kRefused)
    parts_.refusals.Authenticate(channel.service, channel.peer, said.text);
  return Taken::kYes;
}

FrameTaker::Taken EdgeFrames::Discard(Channel& channel, Counter why) {
  parts_.shared.Count(why);
  ++channel.stats.frames_dropped;
  return Taken::kYes;
}

}  // namespace funnel::sctpd
