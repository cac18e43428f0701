#include "funnel-sctpd/channel/peer_opens.h"

#include <cassert>

#include "common/base/log.h"
#include "common/base/text.h"
#include "funnel-sctpd/channel/edge_link.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// Claims live 10 s; an edge that has redeemed its claim sends a note or a frame.
constexpr Duration kAdoptTimeout = 15s;

}  // namespace

void PeerOpens::OnOpen(Association& association, StreamId stream, ChannelId id, ByteView body) {
  SharedState& shared = parts_.shared;
  shared.Count(kOpensReceived);
  if (!association.streams.Exists(stream)) return shared.Count(kDropStream);

  // OPEN of the present user again: a REFUSED would be taken for that channel's.
  Channel* user = association.streams.At(stream);
  if (user != nullptr && user->id == id) {
    ++user->stats.frames_dropped;
    return shared.Count(kDropState);
  }

  if (!association.streams.PeerMayOpen(stream)) {
    shared.Count(kOpensWrongParity);
    return parts_.ends.RefuseOpen(association, stream, id, wire::RefusalCode::kRefused);
  }
  if (!parts_.pending.HasRoomOn(association) || !YieldStream(association, stream)) {
    shared.Count(kOpensBusy);
    return parts_.ends.RefuseOpen(association, stream, id, wire::RefusalCode::kBusy);
  }

  if (parts_.relays.OnOpen(association, stream, id, body)) return;

  Channel& channel =
      parts_.channels.Add(ChannelRole::kConnect, "", association.peer, parts_.edge_side);
  channel.TakeStream(association, stream, id);
  parts_.pending.AskAuthd(channel, body);
}

bool PeerOpens::YieldStream(Association& association, StreamId stream) {
  Channel* user = association.streams.At(stream);
  if (user == nullptr) return true;

  const bool both_opened = stream.value() < StreamMap::kFirstDynamic &&
                           user->role == ChannelRole::kListen && !user->stream()->opened;
  if (!both_opened || association.streams.ours() == Parity::kOdd) return false;

  user->FreeStream();
  if (user->link == nullptr) {
    parts_.ends.End(*user, ipc::LinkEndCode::kClosed, "");
    return true;
  }
  user->Join(association);
  parts_.links.RefuseEdge(*user, user->id, "the peer opened this stream");
  assert(user->IsConsistent());
  return true;
}

void PeerOpens::OnAccepted(const ipc::Accepted& verdict) {
  SharedState& shared = parts_.shared;
  auto drop_claim = [&] {
    shared.Count(kClaimsDropped);
    shared.authd.Send(ipc::DropClaim{.claim = verdict.claim.Clone()});
  };

  Channel* channel = parts_.pending.Take(verdict.request);
  if (channel == nullptr) return drop_claim();
  Result<> adopted = Adopt(*channel, verdict);
  assert(channel->IsConsistent());
  if (adopted) return;

  drop_claim();
  shared.Count(kAdoptFailed);
  const std::string& why = adopted.error().message;
  Log(LogLevel::kWarning, "no-route", why,
      {{"SERVICE", channel->service}, {"PEER", channel->peer}});
  parts_.refusals.Add({.service = channel->service,
                       .peer = channel->peer,
                       .direction = Refusal::Direction::kOut,
                       .code = static_cast<std::uint16_t>(wire::RefusalCode::kNoRoute),
                       .text = why},
                      shared.config.node.sctp.refusals_kept);
  parts_.ends.Refuse(*channel, wire::RefusalCode::kNoRoute);
}

Result<> PeerOpens::CheckServed(const Channel& channel, const std::string& name) const {
  const auto* service = parts_.shared.config.FindService(name);
  if (service == nullptr || service->role != config::Role::kConnect)
    return Fail("no service of that name is served here");
  if (!service->peer.empty() && service->peer != channel.peer)
    return Fail("the service is not for this peer");
  return {};
}

Result<> PeerOpens::Adopt(Channel& channel, const ipc::Accepted& verdict) {
  channel.service = verdict.service.text();
  TRY(CheckServed(channel, channel.service));

  ipc::ChannelSocketPair sockets = TRY(ipc::ChannelSocketPair::Create());
  auto link = TRY(EdgeLink::Create(parts_.edges, std::move(sockets.ours), parts_.observer));
  Association& association = *channel.association();
  ipc::Adopt adopt{.service = verdict.service,
                   .peer = channel.peer,
                   .claim = verdict.claim.Clone(),
                   .channel = channel.id.value(),
                   .budget = static_cast<std::uint32_t>(
                       parts_.shared.engine->MaxUnfragmented(association.id()))};
  TRY(parts_.shared.services.Send(adopt, std::move(sockets.theirs)));

  parts_.turns.Configure(channel);
  parts_.links.Set(channel, std::move(link));
  parts_.shared.Count(kAccepted);
  wire::FrameHeader header{.type = wire::FrameType::kOpened, .channel = channel.id};
  parts_.associations.SendControl(association, channel.stream()->id,
                                  MakeFrame(header, verdict.opened_body));

  channel.stream()->opened = true;
  channel.SetState(ChannelState::kOpen, "");
  parts_.channels.SetDeadline(channel, kAdoptTimeout);
  return {};
}

void PeerOpens::OnAcceptRefused(const ipc::AcceptRefused& verdict) {
  Channel* channel = parts_.pending.Take(verdict.request);
  if (channel == nullptr) return;

  const std::string text = EscapeForLog(verdict.text);
  channel->service = EscapeForLog(verdict.service, 64);
  Log(LogLevel::kWarning, "channel-refused", "we refused it: " + text,
      {{"SERVICE", channel->service}, {"PEER", channel->peer}});
  parts_.refusals.Add({.service = channel->service,
                       .peer = channel->peer,
                       .direction = Refusal::Direction::kOut,
                       .code = verdict.code,
                       .text = text},
                      parts_.shared.config.node.sctp.refusals_kept);
  parts_.ends.Refuse(*channel, static_cast<wire::RefusalCode>(verdict.code), verdict.refused_body);
}

void PeerOpens::OnTimeout(Channel& channel) {
  parts_.pending.Remove(channel);
  parts_.ends.Refuse(channel, wire::RefusalCode::kBusy);
}

}  // namespace funnel::sctpd
