// ChannelTable: channels that only pass through this node, from one peer to another. An OPEN for
// another node than ours is a relay's; who may have it passed on, and where to, stands in [relay].
#include <algorithm>
#include <map>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/names.h"
#include "funnel-sctpd/channel/channel_table.h"

namespace funnel::sctpd {

ChannelTable::RelayRoute ChannelTable::FindRelay(const std::string& peer,
                                                 const wire::OpenBody& open) const {
  RelayRoute best;
  for (const auto& service : env_.config.services) {
    if (service.role != config::Role::kRelay || service.wire_name != open.service) continue;
    if (!service.target.empty() && !config::SameNode(service.target, open.target)) continue;
    bool allowed = service.RelaysFor(peer);
    bool better = best.service == nullptr || (allowed && !best.allowed) ||
                  (allowed == best.allowed && best.service->target.empty());
    if (better) best = {&service, allowed};
  }
  return best;
}

bool ChannelTable::RelayFromPeer(Association& association, StreamId stream, ChannelId id,
                                 ByteView body) {
  auto is_relay = [](const auto& service) { return service.role == config::Role::kRelay; };
  if (std::ranges::none_of(env_.config.services, is_relay)) return false;
  auto open = wire::OpenBody::Parse(body);
  if (!open || config::SameNode(open->target, env_.config.node.name)) return false;
  RelayRoute route = FindRelay(association.peer, *open);
  if (route.service == nullptr) return false;
  std::string why = route.allowed ? WhyNotRelay(association, *route.service, *open)
                                  : "it is not listed in [relay] from";
  if (why.empty()) {
    OpenRelay(association, stream, id, body, *route.service, *open);
    return true;
  }
  env_.Count(kRelaysRefused);
  const std::string& name = route.service->name.text();
  auto code = route.allowed ? wire::RefusalCode::kNoRoute : wire::RefusalCode::kRefused;
  Log(LogLevel::kWarning, "relay-refused", why, {{"SERVICE", name}, {"PEER", association.peer}});
  Remember(name, association.peer, Refusal::Direction::kOut, static_cast<std::uint16_t>(code), why);
  // Whom we do not relay for learns nothing of our configuration.
  Refuse(association, stream, id, code, route.allowed ? RelayText(why) : "");
  return true;
}

std::string ChannelTable::WhyNotRelay(const Association& association,
                                      const config::ServiceConfig& service,
                                      const wire::OpenBody& open) {
  if (service.relay_to == association.peer) return "it would go back to where it comes from";
  if (passing_.contains(open.nonce)) {
    env_.Count(kRelayLoops);
    return "a loop: it has passed here already";
  }
  if (open.hop_limit == 0) {
    env_.Count(kRelayLoops);
    return "no hop is left: a loop, or more than " + std::to_string(wire::kDefaultHopLimit) +
           " relays in a row";
  }
  const config::PeerConfig* next = env_.config.FindPeer(service.relay_to);
  bool up = associations_->FindUp(service.relay_to) != nullptr;
  bool on_demand = next != nullptr && next->when == config::When::kOnDemand;
  return up || on_demand ? "" : "the association with " + service.relay_to + " is down";
}

void ChannelTable::OpenRelay(Association& association, StreamId stream, ChannelId id, ByteView body,
                             const config::ServiceConfig& service, const wire::OpenBody& open) {
  auto passed_on = wire::WithOneHopLess(body);
  if (!passed_on) return Refuse(association, stream, id, wire::RefusalCode::kNoRoute);
  auto [before, after] =
      RelayEnd::CreatePair(relays_, *this, env_.config.node.sctp.channel_queue_bytes / 2);
  Channel& in = Add(ChannelRole::kConnect, service.name.text(), association.peer);
  in.relay_peer = service.relay_to;
  in.nonce = *passing_.insert(open.nonce);
  in.TakeStream(association, stream, id);
  BeginHalfOpen(in);
  Channel& out = Add(ChannelRole::kListen, service.name.text(), service.relay_to);
  out.relay_peer = association.peer;
  out.nonce = *passing_.insert(open.nonce);
  before->Append(wire::FrameType::kOpen, id, *passed_on);
  // Until the association with the next hop is up (on demand, it is just being made).
  after->WatchInput(false);
  SetLink(in, std::move(before));
  SetLink(out, std::move(after));
  if (Association* up = associations_->FindUp(service.relay_to)) AnnounceLink(out, *up);
  associations_->AddWant(service.relay_to);
}

void ChannelTable::OpenedFromRelay(Channel& channel, ByteView frame) {
  if (!channel.half_open || channel.closed_received) {
    (void)DropFromEdge(channel, kDropEdgeState);
    return;
  }
  EndHalfOpen(channel);
  env_.Count(kRelaysOpened);
  associations_->SendControl(*channel.association(), *channel.stream(),
                             Bytes(frame.begin(), frame.end()));
  channel.opened = true;
  channel.SetState(ChannelState::kOpen, "");
}

void ChannelTable::RefusedFromRelay(Channel& channel, ByteView frame) {
  if (channel.role != ChannelRole::kConnect || !channel.has_stream() || channel.closed_sent) {
    (void)DropFromEdge(channel, kDropEdgeState);
    return;
  }
  if (channel.closed_received) {  // it gave up before the answer came
    SendClosed(channel, wire::ClosedCode::kDone);
    return End(channel, ipc::LinkEndCode::kClosed, "");
  }
  env_.Count(kRelaysRefused);
  associations_->SendControl(*channel.association(), *channel.stream(),
                             Bytes(frame.begin(), frame.end()));
  // REFUSED frees the stream at both ends.
  End(channel, ipc::LinkEndCode::kClosed, "refused");
}

Channel* ChannelTable::TwinOf(const Channel& channel) const {
  RelayEnd* twin = static_cast<RelayEnd&>(*channel.link).twin();
  auto found = by_link_.find(twin);
  return found == by_link_.end() ? nullptr : found->second;
}

std::size_t ChannelTable::CloseRelayed(const std::string& service,
                                       std::optional<std::uint64_t> number) {
  std::vector<Channel*> closing;
  std::size_t count = 0;
  for (auto& [own_number, channel] : channels_.All()) {
    if (!channel->relayed() || channel->service != service) continue;
    if (channel->link == nullptr || channel->ending) continue;  // it is closing already
    const Channel* twin = TwinOf(*channel);
    if (number && own_number != *number && (twin == nullptr || twin->number != *number)) continue;
    closing.push_back(channel.get());
    count += channel->role == ChannelRole::kConnect || twin == nullptr;
  }
  for (Channel* channel : closing)
    DropLink(*channel, wire::ClosedCode::kAdministrator, "closed by an administrator");
  return count;
}

void ChannelTable::DropBoth(Channel& channel, wire::ClosedCode code, const std::string& why) {
  Channel* twin = TwinOf(channel);
  DropLink(channel, code, why);
  if (twin != nullptr) DropLink(*twin, code, why);
}

// Of all relayed channels of the peer that has most waiting here, the one that has; nullptr: nobody
// has anything.
Channel* ChannelTable::Greediest() const {
  std::map<std::string_view, std::size_t> of_peer;
  auto waiting = [](const Channel& channel) {
    bool counts = channel.relayed() && channel.link != nullptr && !channel.ending;
    return counts ? channel.link->pending_bytes() : 0;
  };
  for (const auto& [number, channel] : channels_.All()) of_peer[channel->peer] += waiting(*channel);
  Channel* greediest = nullptr;
  std::pair<std::size_t, std::size_t> most;
  for (const auto& [number, channel] : channels_.All()) {
    std::pair has(of_peer[channel->peer], waiting(*channel));
    if (has.second == 0 || has <= most) continue;
    most = has;
    greediest = channel.get();
  }
  return greediest;
}

void ChannelTable::LimitRelays() {
  // Each round frees the largest share there is, so that the next one is far.
  while (relays_.queued_bytes() > env_.config.node.sctp.relay_queue_bytes) {
    Channel* greediest = Greediest();
    if (greediest == nullptr) return;
    CloseForOverflow(*greediest,
                     TooSlow(greediest->relay_peer) + ", and nobody has more waiting here");
  }
}

std::string ChannelTable::TooSlow(const std::string& next_hop) {
  return "its next hop, " + next_hop + ", is too slow";
}

std::string ChannelTable::RelayText(const std::string& why) const {
  return "relay " + env_.config.node.name + ": " + why;
}

}  // namespace funnel::sctpd
