// ChannelTable: a peer's OPEN. authd judges it before anything else is started; what waits for
// authd is a body and a small record, and there are only so many of them.
#include "common/base/log.h"
#include "common/base/text.h"
#include "funnel-sctpd/channel/channel_table.h"
#include "funnel-sctpd/channel/edge_link.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// authd gives a handshake 10 s; it may be starting just now.
constexpr Duration kAcceptTimeout = 15s;
// Claims live 10 s; an edge that has redeemed one sends a note or a frame.
constexpr Duration kAdoptTimeout = 15s;

}  // namespace

void ChannelTable::OpenFromPeer(Association& association, StreamId stream, ChannelId id,
                                ByteView body) {
  env_.Count(kOpensReceived);
  if (!association.streams.Exists(stream)) return env_.Count(kDropStream);
  // A repeated OPEN of the present user: REFUSED would be taken for that channel's.
  Channel* user = association.streams.At(stream);
  if (user != nullptr && user->id == id) return DropFromPeer(*user, kDropState);
  if (!association.streams.PeerMayOpen(stream)) {
    env_.Count(kOpensWrongParity);
    return Refuse(association, stream, id, wire::RefusalCode::kRefused);
  }
  const auto& limits = env_.config.node.sctp;
  if (association.half_open >= limits.half_open_per_association ||
      half_open_ >= limits.half_open_total || !MakeRoom(association, stream)) {
    env_.Count(kOpensBusy);
    return Refuse(association, stream, id, wire::RefusalCode::kBusy);
  }
  if (RelayFromPeer(association, stream, id, body)) return;
  Channel& channel = Add(ChannelRole::kConnect, "", association.peer);
  channel.TakeStream(association, stream, id);
  std::uint32_t request = next_request_++;
  channel.accept_request = request;
  BeginHalfOpen(channel);
  auto pending = pending_.emplace(request, Pending{&channel, Bytes(body.begin(), body.end())});
  AskAuthd(request, pending.first->second);
}

void ChannelTable::BeginHalfOpen(Channel& channel) {
  channel.half_open = true;
  ++channel.association()->half_open;
  env_.counters[kHalfOpen] = ++half_open_;
  SetDeadline(channel, kAcceptTimeout);
}

void ChannelTable::EndHalfOpen(Channel& channel) {
  if (!channel.half_open) return;
  channel.half_open = false;
  channel.deadline.Clear();
  --channel.association()->half_open;
  env_.counters[kHalfOpen] = --half_open_;
}

// Whether STREAM is free for the peer's OPEN. Both nodes may have opened the same pinned stream at
// once: then the lower node's OPEN wins, and each end knows which one that is.
bool ChannelTable::MakeRoom(Association& association, StreamId stream) {
  Channel* user = association.streams.At(stream);
  if (user == nullptr) return true;
  bool both_opened = stream.value() < StreamMap::kFirstDynamic &&
                     user->role == ChannelRole::kListen && !user->opened;
  if (!both_opened || association.streams.ours() == Parity::kOdd) return false;
  user->FreeStream();
  if (user->link == nullptr) {
    End(*user, ipc::LinkEndCode::kClosed, "");
    return true;
  }
  user->Join(association);
  RefuseLocally(*user, user->id, "the peer opened this stream");
  return true;
}

void ChannelTable::AskAuthd(std::uint32_t request, const Pending& pending) {
  env_.authd.Send(ipc::Accept{.request = request,
                              .association = pending.channel->association()->id(),
                              .peer = pending.channel->peer,
                              .open_body = pending.open_body});
}

void ChannelTable::OnAuthdUp() {
  for (const auto& [request, pending] : pending_) AskAuthd(request, pending);
}

Channel* ChannelTable::TakePending(std::uint32_t request) {
  auto found = pending_.find(request);
  if (found == pending_.end()) return nullptr;
  Channel* channel = found->second.channel;
  CancelPending(*channel);
  return channel;
}

void ChannelTable::CancelPending(Channel& channel) {
  pending_.erase(*channel.accept_request);
  channel.accept_request.reset();
  EndHalfOpen(channel);
}

void ChannelTable::OnAccepted(const ipc::Accepted& verdict) {
  Channel* channel = TakePending(verdict.request);
  Result<> handed = channel != nullptr ? HandOver(*channel, verdict) : Fail("");
  if (handed) return;
  env_.Count(kClaimsDropped);
  env_.authd.Send(ipc::DropClaim{.claim = verdict.claim.Clone()});
  if (channel == nullptr) return;
  env_.Count(kAdoptFailed);
  Log(LogLevel::kWarning, "no-route", handed.error().message,
      {{"SERVICE", channel->service}, {"PEER", channel->peer}});
  Remember(channel->service, channel->peer, Refusal::Direction::kOut,
           static_cast<std::uint16_t>(wire::RefusalCode::kNoRoute), handed.error().message);
  RefusePending(*channel, wire::RefusalCode::kNoRoute, {});
}

std::string ChannelTable::WhyNoRoute(const Channel& channel, const std::string& name) const {
  const auto* service = env_.config.FindService(name);
  if (service == nullptr || service->role != config::Role::kConnect)
    return "no service of that name is served here";
  if (!service->peer.empty() && service->peer != channel.peer)
    return "the service is not for this peer";
  return "";
}

Result<> ChannelTable::HandOver(Channel& channel, const ipc::Accepted& verdict) {
  channel.service = verdict.service.text();
  if (std::string why = WhyNoRoute(channel, channel.service); !why.empty()) return Fail(why);
  ipc::ChannelSocketPair sockets = TRY(ipc::ChannelSocketPair::Create());
  auto link = TRY(EdgeLink::Create(set_, std::move(sockets.ours), *this));
  Association& association = *channel.association();
  ipc::Adopt adopt{
      .service = verdict.service,
      .peer = channel.peer,
      .claim = verdict.claim.Clone(),
      .channel = channel.id.value(),
      .budget = static_cast<std::uint32_t>(env_.engine->MaxUnfragmented(association.id()))};
  TRY(env_.services.Send(adopt, std::move(sockets.theirs)));
  SetLink(channel, std::move(link));
  env_.Count(kAccepted);
  wire::FrameHeader header{.type = wire::FrameType::kOpened, .channel = channel.id};
  associations_->SendControl(association, *channel.stream(),
                             MakeFrame(header, verdict.opened_body));
  channel.opened = true;
  channel.SetState(ChannelState::kOpen, "");
  SetDeadline(channel, kAdoptTimeout);
  return {};
}

void ChannelTable::OnAcceptRefused(const ipc::AcceptRefused& verdict) {
  Channel* channel = TakePending(verdict.request);
  if (channel == nullptr) return;
  std::string text = EscapeForLog(verdict.text);
  channel->service = EscapeForLog(verdict.service, 64);
  Log(LogLevel::kWarning, "channel-refused", "we refused it: " + text,
      {{"SERVICE", channel->service}, {"PEER", channel->peer}});
  Remember(channel->service, channel->peer, Refusal::Direction::kOut, verdict.code, text);
  RefusePending(*channel, static_cast<wire::RefusalCode>(verdict.code), verdict.refused_body);
}

void ChannelTable::RefusePending(Channel& channel, wire::RefusalCode code, Bytes body) {
  env_.Count(kRefusedByUs);
  if (body.empty())
    body =
        wire::RefusedBody{.code = code, .text = std::string(wire::RefusalText(code))}.Serialize();
  wire::FrameHeader header{.type = wire::FrameType::kRefused, .channel = channel.id};
  associations_->SendControl(*channel.association(), *channel.stream(), MakeFrame(header, body));
  // REFUSED frees the stream at both ends.
  End(channel, ipc::LinkEndCode::kClosed, "refused");
}

void ChannelTable::Refuse(Association& association, StreamId stream, ChannelId id,
                          wire::RefusalCode code, std::string text) {
  env_.Count(kRefusedByUs);
  if (text.empty()) text = wire::RefusalText(code);
  wire::RefusedBody body{.code = code, .text = std::move(text)};
  wire::FrameHeader header{.type = wire::FrameType::kRefused, .channel = id};
  associations_->SendControl(association, stream, MakeFrame(header, body.Serialize()));
}

}  // namespace funnel::sctpd
