#include "funnel-sctpd/channel/channel_table.h"

#include <algorithm>

#include "funnel-sctpd/channel/edge_link.h"

namespace funnel::sctpd {

ChannelTable::ChannelTable(SharedState& shared, event::EpollSet& edges, Associations& associations)
    : shared_(shared),
      edges_(edges),
      associations_(associations),
      channels_(shared),
      links_(shared),
      pending_(shared, channels_),
      ends_({shared, associations, channels_, links_, pending_}),
      edge_side_(shared, ends_),
      edge_frames_({shared, associations, links_, ends_, refusals_}),
      turns_(shared, edge_frames_),
      relays_({shared, associations, *this, channels_, links_, pending_, turns_, ends_, refusals_}),
      opens_({shared, associations, edges_, *this, channels_, links_, pending_, turns_, ends_,
              edge_side_, refusals_, relays_}),
      peer_frames_({shared, channels_, links_, ends_, refusals_, opens_}) {}

// Before what they borrow.
ChannelTable::~ChannelTable() { channels_.Clear(); }

Result<> ChannelTable::Attach(const config::ServiceConfig& service, ForeignFd fd) {
  const std::string& name = service.name.text();
  if (!links_.HasRoomFor(service)) return Fail("the service '" + name + "' has too many channels");
  auto link = TRY(EdgeLink::Create(edges_, std::move(fd), *this));

  Channel& channel = channels_.Add(ChannelRole::kListen, name, service.peer, edge_side_);
  turns_.Configure(channel);
  links_.Set(channel, std::move(link));
  shared_.Count(kAttached);

  if (Association* up = associations_.FindUp(service.peer)) links_.Announce(channel, *up);
  associations_.AddWant(service.peer);
  return {};
}

bool ChannelTable::Pump() {
  relays_.Run();
  return turns_.Run();
}

void ChannelTable::FinishTurn() {
  links_.Flush([this](Channel& channel) {
    ends_.Drop(channel, wire::ClosedCode::kAborted, "its edge has gone");
  });
  if (ends_.Sweep()) UpdateGauges();
}

TimePoint ChannelTable::NextTimer() const {
  return std::min(channels_.NextTimer(), ends_.NextTimer());
}

void ChannelTable::OnTimer() {
  ends_.OnTimer();
  channels_.RunDue([this](Channel& channel) { OnDeadline(channel); });
}

void ChannelTable::OnDeadline(Channel& channel) {
  if (channel.ending) return;
  shared_.Count(kClosingTimeouts);
  if (channel.half_open && channel.half_open->request) return opens_.OnTimeout(channel);
  ends_.Drop(channel, wire::ClosedCode::kAborted, std::string(channel.side.no_answer()));
}

void ChannelTable::Reload() {
  for (auto& [number, channel] : channels_.All()) {
    if (channel->service.empty() || channel->ending) continue;
    if (channel->side.IsConfigured(*channel))
      turns_.Configure(*channel);
    else
      EndFromHere(*channel, ipc::LinkEndCode::kConfiguration, "taken out of the configuration");
  }
}

void ChannelTable::EndAll(ipc::LinkEndCode code, const std::string& reason) {
  for (auto& [number, channel] : channels_.All()) EndFromHere(*channel, code, reason);
}

void ChannelTable::EndFromHere(Channel& channel, ipc::LinkEndCode code, const std::string& reason) {
  if (channel.ending) return;
  ends_.SendClosed(channel, wire::ClosedCode::kAborted);
  ends_.End(channel, code, reason);
}

void ChannelTable::OnAssociationUp(Association& association) {
  for (auto& [number, channel] : channels_.All()) {
    const bool waits = channel->role == ChannelRole::kListen && !channel->ending &&
                       channel->association() == nullptr && channel->link != nullptr;
    if (waits && channel->peer == association.peer) links_.Announce(*channel, association);
  }
}

void ChannelTable::OnAssociationDown(Association& association, const std::string& reason) {
  turns_.Forget(association);
  const bool replaced = association.EndsBy(Association::Cause::kReplaced);
  const auto code = replaced ? ipc::LinkEndCode::kMoved : ipc::LinkEndCode::kPeerDown;

  // They leave association.users as they end, so this is a copy.
  const auto users = association.users;
  for (auto& [number, channel] : users) ends_.End(*channel, code, reason);
}

std::optional<TimePoint> ChannelTable::IdleSince(const Association& association) const {
  if (!association.senders.empty() || association.has_control()) return std::nullopt;

  for (const auto& [number, channel] : association.users) {
    if (channel->half_open || channel->state() == ChannelState::kOpening) return std::nullopt;
    if (channel->note && channel->note->in_use) return std::nullopt;
    if (channel->side.HidesConnections(*channel)) return std::nullopt;
  }
  return association.active;
}

void ChannelTable::OnLinkReadable(FrameLink& link) {
  Channel* channel = links_.Find(&link);
  if (channel == nullptr) return;
  if (channel->ending) return link.WatchInput(false);
  shared_.work();
  turns_.OnReadable(*channel);
}

void ChannelTable::OnLinkWritable(FrameLink& link) {
  if (Channel* channel = links_.Find(&link)) links_.MarkDirty(*channel);
}

void ChannelTable::UpdateGauges() {
  channels_.UpdateGauge();
  links_.UpdateGauges();
  pending_.UpdateGauge();
  relays_.UpdateGauges();
}

}  // namespace funnel::sctpd
