#include "funnel-sctpd/channel/channel_table.h"

#include "common/base/log.h"
#include "funnel-sctpd/channel/edge_link.h"

namespace funnel::sctpd {
namespace {

// Links of one service beyond its configured channels: an edge that starts anew may overlap with
// itself; an edge that runs wild must not use up our descriptors.
constexpr std::size_t kSpareLinks = 32;

}  // namespace

ChannelTable::ChannelTable(Environment& env, event::EpollSet& set) : env_(env), set_(set) {}

ChannelTable::~ChannelTable() = default;

Result<> ChannelTable::Attach(const config::ServiceConfig& service, ForeignFd fd) {
  const auto attached = links_of_.find(service.name.text());
  if (attached != links_of_.end() && attached->second >= service.channels + kSpareLinks)
    return Fail("the service '" + service.name.text() + "' has too many channels");
  auto link = TRY(EdgeLink::Create(set_, std::move(fd), *this));
  Channel& channel = Add(ChannelRole::kListen, service.name.text(), service.peer);
  SetLink(channel, std::move(link));
  env_.Count(kAttached);
  if (Association* up = associations_->FindUp(service.peer)) AnnounceLink(channel, *up);
  associations_->AddWant(service.peer);
  return {};
}

void ChannelTable::FinishTurn() {
  for (Channel* channel : dirty_) {
    channel->dirty = false;
    if (channel->link != nullptr && !channel->ending && !channel->link->Flush())
      DropLink(*channel, wire::ClosedCode::kAborted, "its edge has gone");
    NoteQueued(*channel);
  }
  dirty_.clear();
  if (ending_.empty()) return;
  // One that goes may be the last that wanted its peer, and others end with it.
  for (std::size_t i = 0; i < ending_.size(); ++i) {
    Channel& channel = *ending_[i];
    if (channel.link != nullptr) linger_.Add(TakeLink(channel), env_.now());
    if (channel.role == ChannelRole::kListen) associations_->RemoveWant(channel.peer);
    channels_.Remove(channel.number);
  }
  ending_.clear();
  env_.work();
  UpdateGauges();
}

void ChannelTable::OnTimer() {
  linger_.OnTimer(env_.now());
  due_.RunDue(env_.now(), [this](Channel& channel) { CheckDeadline(channel); });
}

void ChannelTable::CheckDeadline(Channel& channel) {
  if (channel.ending) return;
  env_.Count(kClosingTimeouts);
  if (channel.accept_request) {
    CancelPending(channel);
    return RefusePending(channel, wire::RefusalCode::kBusy, {});
  }
  DropLink(channel, wire::ClosedCode::kAborted,
           channel.relayed() ? "the next hop does not answer" : "its edge does not answer");
}

void ChannelTable::Reload() {
  for (auto& [number, channel] : channels_.All()) {
    if (channel->service.empty() || channel->ending) continue;
    if (StillConfigured(*channel)) {
      Requeue(*channel);
      continue;
    }
    SendClosed(*channel, wire::ClosedCode::kAborted);
    End(*channel, ipc::LinkEndCode::kConfiguration, "taken out of the configuration");
  }
}

void ChannelTable::Requeue(Channel& channel) const {
  bool queued = channel.queued;
  if (queued) channel.association()->senders.Remove(channel);
  SetTurns(channel);
  if (queued) channel.association()->senders.Add(channel);
}

bool ChannelTable::StillConfigured(const Channel& channel) const {
  const auto* service = env_.config.FindService(channel.service);
  if (service == nullptr) return false;
  bool listens = channel.role == ChannelRole::kListen;
  if (channel.relayed())
    return service->role == config::Role::kRelay &&
           (listens ? service->relay_to == channel.peer
                    : service->RelaysFor(channel.peer) && service->relay_to == channel.relay_peer);
  if (listens) return service->role == config::Role::kListen && service->peer == channel.peer;
  return service->role == config::Role::kConnect &&
         (service->peer.empty() || service->peer == channel.peer);
}

void ChannelTable::EndAll(ipc::LinkEndCode code, const std::string& reason) {
  for (auto& [number, channel] : channels_.All()) {
    if (channel->ending) continue;
    SendClosed(*channel, wire::ClosedCode::kAborted);
    End(*channel, code, reason);
  }
}

void ChannelTable::OnAssociationUp(Association& association) {
  for (auto& [number, channel] : channels_.All()) {
    if (channel->role == ChannelRole::kListen && channel->association() == nullptr &&
        channel->peer == association.peer && channel->link != nullptr && !channel->ending)
      AnnounceLink(*channel, association);
  }
}

void ChannelTable::OnAssociationDown(Association& association, const std::string& reason) {
  if (std::exchange(association.ready, false)) std::erase(ready_, &association);
  // They leave it as they end.
  const auto users = association.users;
  for (auto& [number, channel] : users)
    End(*channel, association.replaced ? ipc::LinkEndCode::kMoved : ipc::LinkEndCode::kPeerDown,
        reason);
}

std::optional<TimePoint> ChannelTable::IdleSince(const Association& association) const {
  if (!association.senders.empty() || association.has_control()) return std::nullopt;
  for (const auto& [number, channel] : association.users) {
    if (channel->half_open || channel->state() == ChannelState::kOpening) return std::nullopt;
    if (channel->note && channel->note->in_use) return std::nullopt;
    // No edge here tells whether it has connections.
    const auto* service = env_.config.FindService(channel->service);
    if (channel->relayed() && channel->has_stream() && service != nullptr &&
        service->protocol == config::Protocol::kTcp)
      return std::nullopt;
  }
  return association.active;
}

void ChannelTable::OnWritable(Association& association) { MarkReady(association); }

void ChannelTable::OnLinkReadable(FrameLink& link) {
  auto found = by_link_.find(&link);
  if (found == by_link_.end()) return;
  Channel& channel = *found->second;
  if (channel.ending) return link.WatchInput(false);
  env_.work();
  Association* association = channel.association();
  if (association != nullptr && association->senders.HasBefore(channel.priority)) {
    link.WatchInput(false);
    return association->senders.Add(channel);
  }
  bool alone = association == nullptr || association->senders.empty();
  switch (PumpChannel(channel, alone ? ipc::FrameReader::kBudget : QuantumOf(channel))) {
    case Pumped::kDrained:
    case Pumped::kGone:
      return;
    case Pumped::kMore:
      if (channel.association() == nullptr) return;  // notes only; it stays readable
      break;
    case Pumped::kBlocked:
      channel.association()->blocked = true;
      break;
  }
  link.WatchInput(false);
  channel.association()->senders.Add(channel);
  if (!channel.association()->blocked) MarkReady(*channel.association());
}

void ChannelTable::OnLinkWritable(FrameLink& link) {
  auto found = by_link_.find(&link);
  if (found != by_link_.end()) MarkDirty(*found->second);
}

Channel& ChannelTable::Add(ChannelRole role, const std::string& service, const std::string& peer) {
  std::uint64_t number = next_number_++;
  auto made = std::make_unique<Channel>(number, role, service, peer);
  Channel& channel = channels_.Add(number, std::move(made));
  env_.counters[kChannels] = channels_.size();
  return channel;
}

void ChannelTable::SetLink(Channel& channel, std::unique_ptr<FrameLink> link) {
  SetTurns(channel);
  by_link_.emplace(link.get(), &channel);
  channel.link = std::move(link);
  ++links_of_[channel.service];
  env_.counters[kLinks] = by_link_.size();
}

std::unique_ptr<FrameLink> ChannelTable::TakeLink(Channel& channel) {
  by_link_.erase(channel.link.get());
  env_.counters[kLinks] = by_link_.size();
  if (auto of = links_of_.find(channel.service); --of->second == 0) links_of_.erase(of);
  auto link = std::move(channel.link);
  NoteQueued(channel);
  return link;
}

void ChannelTable::NoteQueued(Channel& channel) {
  const bool counts = channel.link != nullptr && !channel.relayed();
  const std::size_t queued = counts ? channel.link->pending_bytes() : 0;
  queued_to_edges_ += queued - std::exchange(channel.queued_to_edge, queued);
}

void ChannelTable::SetTurns(Channel& channel) const {
  const auto* service = env_.config.FindService(channel.service);
  if (service == nullptr) return;
  channel.priority = service->priority;
  channel.weight = service->weight;
}

void ChannelTable::SetDeadline(Channel& channel, Duration after) {
  due_.Set(channel.deadline, env_.now() + after);
  env_.work();
}

void ChannelTable::MarkDirty(Channel& channel) {
  if (channel.dirty) return;
  channel.dirty = true;
  dirty_.push_back(&channel);
  env_.work();
}

void ChannelTable::MarkReady(Association& association) {
  if (!std::exchange(association.ready, true)) ready_.push_back(&association);
  env_.work();
}

void ChannelTable::AnnounceLink(Channel& channel, Association& association) {
  channel.Join(association);
  auto budget = static_cast<std::uint32_t>(env_.engine->MaxUnfragmented(association.id()));
  channel.link->Append(wire::FrameType::kLinkUp, ChannelId(), ipc::LinkUp{budget}.Serialize());
  MarkDirty(channel);
}

void ChannelTable::End(Channel& channel, ipc::LinkEndCode code, const std::string& text) {
  if (channel.ending) return;
  if (channel.accept_request) CancelPending(channel);
  EndHalfOpen(channel);
  channel.FreeStream();
  channel.Leave();
  channel.deadline.Clear();
  if (channel.link != nullptr) {
    ipc::LinkEnd end{.code = code, .text = text};
    channel.link->Append(wire::FrameType::kLinkEnd, channel.id, end.Serialize());
  }
  if (channel.relayed()) passing_.erase(passing_.find(channel.nonce));
  channel.ending = true;
  ending_.push_back(&channel);
  env_.work();
}

void ChannelTable::DropLink(Channel& channel, wire::ClosedCode code, const std::string& why) {
  if (channel.ending) return;
  if (channel.relayed() && channel.half_open) {
    env_.Count(kRelaysRefused);
    wire::RefusedBody body{.code = wire::RefusalCode::kNoRoute, .text = RelayText(why)};
    return RefusePending(channel, body.code, body.Serialize());
  }
  if (channel.link != nullptr) {
    if (channel.association() != nullptr) channel.association()->senders.Remove(channel);
    TakeLink(channel).reset();
  }
  SendClosed(channel, code);
  channel.deadline.Clear();
  if (channel.has_stream() && !channel.closed_received)
    return channel.SetState(ChannelState::kClosing, why);
  End(channel, ipc::LinkEndCode::kClosed, why);
}

void ChannelTable::SendClosed(Channel& channel, wire::ClosedCode code) {
  if (!channel.has_stream() || channel.closed_sent) return;
  channel.closed_sent = true;
  wire::FrameHeader header{.type = wire::FrameType::kClosed, .channel = channel.id};
  associations_->SendControl(*channel.association(), *channel.stream(),
                             MakeFrame(header, wire::ClosedBody{code}.Serialize()));
}

void ChannelTable::UpdateGauges() {
  env_.counters[kQueuedToEdgesBytes] = queued_to_edges_;
  env_.counters[kChannels] = channels_.size();
  env_.counters[kLinks] = by_link_.size();
  env_.counters[kHalfOpen] = half_open_;
  env_.counters[kRelayFramesExpired] = relays_.expired();
  env_.counters[kRelayFramesDisplaced] = relays_.displaced();
  env_.counters[kRelayQueuedBytes] = relays_.queued_bytes();
}

}  // namespace funnel::sctpd
