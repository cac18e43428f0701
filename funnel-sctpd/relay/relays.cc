#include "funnel-sctpd/relay/relays.h"

#include <cassert>

#include "common/base/log.h"

namespace funnel::sctpd {

Relays::Relays(const Parts& parts)
    : parts_(parts),
      turn_([&shared = parts.shared] { return shared.now(); },
            [&shared = parts.shared] { shared.work(); }),
      routes_(parts.shared, parts.associations),
      side_({parts.shared, parts.associations, parts.channels, parts.links, parts.pending,
             parts.ends, turn_}) {}

bool Relays::OnOpen(Association& association, StreamId stream, ChannelId id, ByteView body) {
  auto verdict = routes_.Judge(association.peer, body);
  if (!verdict) return false;
  if (verdict->allowed)
    Join(association, stream, id, body, verdict->service);
  else
    Deny(association, stream, id, verdict->service, verdict->allowed.error());
  return true;
}

void Relays::Deny(Association& association, StreamId stream, ChannelId id,
                  const config::ServiceConfig& service, const RelayRoutes::Denial& denial) {
  parts_.shared.Count(kRelaysRefused);
  const std::string& name = service.name.text();
  Log(LogLevel::kWarning, "relay-refused", denial.why,
      {{"SERVICE", name}, {"PEER", association.peer}});
  parts_.refusals.Add({.service = name,
                       .peer = association.peer,
                       .direction = Refusal::Direction::kOut,
                       .code = static_cast<std::uint16_t>(denial.code),
                       .text = denial.why},
                      parts_.shared.config.node.sctp.refusals_kept);
  parts_.ends.RefuseOpen(association, stream, id, denial.code,
                         denial.is_secret ? "" : parts_.ends.RelayText(denial.why));
}

void Relays::Join(Association& association, StreamId stream, ChannelId id, ByteView body,
                  const config::ServiceConfig& service) {
  auto open = wire::OpenBody::Parse(body);
  auto passed_on = wire::WithOneHopLess(body);
  if (!open || !passed_on)
    return parts_.ends.RefuseOpen(association, stream, id, wire::RefusalCode::kNoRoute);

  const std::string& name = service.name.text();
  auto [before, after] = RelayEnd::CreatePair(
      turn_, parts_.observer, parts_.shared.config.node.sctp.channel_queue_bytes / 2);

  Channel& in = parts_.channels.Add(ChannelRole::kConnect, name, association.peer, side_);
  in.relay.emplace(service.relay_to, routes_.Hold(open->nonce));
  in.TakeStream(association, stream, id);
  parts_.pending.AwaitNextHop(in);

  Channel& out = parts_.channels.Add(ChannelRole::kListen, name, service.relay_to, side_);
  out.relay.emplace(association.peer, routes_.Hold(open->nonce));

  before->Append(wire::FrameType::kOpen, id, *passed_on);
  // Reads nothing until the association with the next hop is up (on demand it is just being made).
  after->WatchInput(false);
  SetLink(in, std::move(before));
  SetLink(out, std::move(after));

  if (Association* up = parts_.associations.FindUp(service.relay_to))
    parts_.links.Announce(out, *up);
  parts_.associations.AddWant(service.relay_to);
  assert(in.IsConsistent() && out.IsConsistent());
}

void Relays::SetLink(Channel& channel, std::unique_ptr<FrameLink> link) {
  parts_.turns.Configure(channel);
  parts_.links.Set(channel, std::move(link));
}

void Relays::UpdateGauges() {
  parts_.shared.counters[kRelayFramesExpired] = turn_.expired();
  parts_.shared.counters[kRelayFramesDisplaced] = turn_.displaced();
  parts_.shared.counters[kRelayQueuedBytes] = turn_.queued_bytes();
}

}  // namespace funnel::sctpd
