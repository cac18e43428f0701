// ChannelTable: what edges send, and whose turn it is.
#include "common/base/log.h"
#include "common/base/text.h"
#include "funnel-sctpd/channel/channel_table.h"

namespace funnel::sctpd {
namespace {

// What one association takes in one turn, so that input has its turn too.
constexpr std::size_t kTurnBytes = 4 * 1024 * 1024;

}  // namespace

bool ChannelTable::Pump() {
  relays_.Run();
  std::vector<Association*> ready = std::move(ready_);
  ready_.clear();
  for (Association* association : ready) association->ready = false;
  for (Association* association : ready)
    if (association->up() && !PumpAssociation(*association)) MarkReady(*association);
  return !ready_.empty();
}

// False: this turn's share is used up.
bool ChannelTable::PumpAssociation(Association& association) {
  auto& senders = association.senders;
  for (std::size_t sent = 0; !senders.empty() && !association.blocked; sent += kQuantumBytes) {
    if (sent >= kTurnBytes) return false;
    Channel& channel = senders.Front();
    bool alone = senders.size() == 1;
    switch (PumpChannel(channel, alone ? ipc::FrameReader::kBudget : TurnOf(channel))) {
      case Pumped::kDrained:
        senders.Remove(channel);
        channel.link->WatchInput(true);
        break;
      case Pumped::kMore:
        senders.Rotate();
        break;
      case Pumped::kBlocked:
        association.blocked = true;  // it goes on with what is left of its turn
        break;
      case Pumped::kGone:
        break;
    }
  }
  return true;
}

ChannelTable::Pumped ChannelTable::PumpChannel(Channel& channel, std::size_t quantum) {
  struct Turn {
    ChannelTable& table;
    Channel& channel;
    std::size_t left;
    bool blocked = false;
  } turn{*this, channel, quantum};
  auto status = channel.link->Drain(buffer_, [&turn](MutableByteView frame) {
    if (turn.left == 0) return false;
    if (!turn.channel.ending && turn.table.FromEdge(turn.channel, frame) == Taken::kBlocked) {
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
  LinkClosed(channel);
  return Pumped::kGone;
}

void ChannelTable::LinkClosed(Channel& channel) {
  if (channel.relayed()) {
    std::string why = static_cast<RelayEnd&>(*channel.link).end_text();
    return DropLink(channel, wire::ClosedCode::kNoLink, why.empty() ? "the way on is gone" : why);
  }
  if (channel.has_stream() && !channel.closed_sent) env_.Count(kEdgesLost);
  DropLink(channel, wire::ClosedCode::kAborted, "its edge has gone");
}

ChannelTable::Taken ChannelTable::FromEdge(Channel& channel, ByteView frame) {
  auto header = wire::FrameHeader::Parse(frame);
  if (!header) return DropFromEdge(channel, kDropEdgeMalformed);
  // The first frame shows that the edge has adopted the channel.
  if (channel.role == ChannelRole::kConnect && channel.state() == ChannelState::kOpen)
    channel.deadline.Clear();
  switch (header->type) {
    case wire::FrameType::kSealed:
      return SealedFromEdge(channel, *header, frame);
    case wire::FrameType::kOpen:
      return OpenFromEdge(channel, *header, frame);
    case wire::FrameType::kClosed:
      ClosedFromEdge(channel, *header, frame);
      return Taken::kYes;
    case wire::FrameType::kNote:
      NoteFromEdge(channel, frame);
      return Taken::kYes;
    case wire::FrameType::kOpened:
      if (!channel.relayed()) break;
      OpenedFromRelay(channel, frame);
      return Taken::kYes;
    case wire::FrameType::kRefused:
      if (!channel.relayed()) break;
      RefusedFromRelay(channel, frame);
      return Taken::kYes;
    case wire::FrameType::kLinkUp:
    case wire::FrameType::kLinkEnd:
      break;
  }
  return DropFromEdge(channel, kDropEdgeState);
}

ChannelTable::Taken ChannelTable::SealedFromEdge(Channel& channel, const wire::FrameHeader& header,
                                                 ByteView frame) {
  if (header.channel != channel.id) return DropFromEdge(channel, kDropEdgeChannel);
  if (!channel.carries_sealed() || channel.closed_sent)
    return DropFromEdge(channel, kDropEdgeState);
  sctp::SendOptions options{.unordered = true,
                            .lifetime = std::chrono::milliseconds(header.lifetime_ms)};
  switch (env_.engine->Send(channel.association()->id(), *channel.stream(), frame, options)) {
    case sctp::SendStatus::kSent:
      break;
    case sctp::SendStatus::kFull:
      env_.Count(kSendBlocked);
      return Taken::kBlocked;
    case sctp::SendStatus::kTooLarge:
      return DropFromEdge(channel, kDropEdgeMalformed);
    case sctp::SendStatus::kGone:
      return Taken::kYes;  // OnAssociationDown is on its way
  }
  env_.Count(kFramesOut);
  env_.Count(kBytesOut, frame.size());
  channel.association()->active = env_.now();
  ++channel.stats.frames_sent;
  channel.stats.bytes_sent += frame.size();
  return Taken::kYes;
}

ChannelTable::Taken ChannelTable::OpenFromEdge(Channel& channel, const wire::FrameHeader& header,
                                               ByteView frame) {
  if (channel.role != ChannelRole::kListen || channel.has_stream())
    return DropFromEdge(channel, kDropEdgeState);
  if (channel.association() == nullptr || !channel.association()->up()) {
    RefuseLocally(channel, header.channel, "no association");
    return Taken::kYes;
  }
  Association& association = *channel.association();
  // An earlier user's CLOSED may still wait; OPEN must not overtake it.
  if (association.has_control()) return Taken::kBlocked;
  auto stream = ChooseStream(channel);
  if (!stream) {
    RefuseLocally(channel, header.channel, "no stream is free");
    return Taken::kYes;
  }
  auto sent = env_.engine->Send(association.id(), *stream, frame, sctp::SendOptions{});
  if (sent == sctp::SendStatus::kFull) return Taken::kBlocked;
  if (sent == sctp::SendStatus::kTooLarge) return DropFromEdge(channel, kDropEdgeMalformed);
  env_.Count(kOpensSent);
  env_.Count(kFramesOut);
  env_.Count(kBytesOut, frame.size());
  channel.TakeStream(association, *stream, header.channel);
  channel.SetState(ChannelState::kOpening, "");
  return Taken::kYes;
}

std::optional<StreamId> ChannelTable::ChooseStream(const Channel& channel) const {
  const auto* service = env_.config.FindService(channel.service);
  StreamMap& streams = channel.association()->streams;
  if (service == nullptr || !service->stream) return streams.FindFree();
  for (std::uint32_t i = 0; i < service->channels; ++i) {
    StreamId pinned(static_cast<std::uint16_t>(service->stream->value() + i));
    if (streams.Exists(pinned) && streams.At(pinned) == nullptr) return pinned;
  }
  return std::nullopt;
}

void ChannelTable::RefuseLocally(Channel& channel, ChannelId id, const std::string& text) {
  channel.id = id;
  wire::RefusedBody body{.code = wire::RefusalCode::kBusy, .text = text};
  channel.link->Append(wire::FrameType::kRefused, id, body.Serialize());
  MarkDirty(channel);
  channel.SetState(ChannelState::kRefused, text);
}

void ChannelTable::ClosedFromEdge(Channel& channel, const wire::FrameHeader& header,
                                  ByteView frame) {
  if (header.channel != channel.id || !channel.has_stream() || channel.closed_sent) {
    (void)DropFromEdge(channel, kDropEdgeState);
    return;
  }
  channel.closed_sent = true;
  associations_->SendControl(*channel.association(), *channel.stream(),
                             Bytes(frame.begin(), frame.end()));
  if (channel.closed_received) return End(channel, ipc::LinkEndCode::kClosed, "");
  channel.SetState(ChannelState::kClosing, "");
}

void ChannelTable::NoteFromEdge(Channel& channel, ByteView frame) {
  auto note = ipc::Note::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (!note) {
    (void)DropFromEdge(channel, kDropEdgeMalformed);
    return;
  }
  channel.note = *std::move(note);
  const ipc::Note& said = *channel.note;
  if (said.text.empty()) return;
  channel.reason = said.text;
  channel.reason_authenticated = said.authenticated;
  if (said.authenticated && said.state == ipc::NoteState::kRefused)
    refusals_.Authenticate(channel.service, channel.peer, said.text);
}

ChannelTable::Taken ChannelTable::DropFromEdge(Channel& channel, Counter why) {
  env_.Count(why);
  ++channel.stats.frames_dropped;
  return Taken::kYes;
}

}  // namespace funnel::sctpd
