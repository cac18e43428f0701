// OwnCore between the SCTP core and the observer: what the core reports and asks, and what of that
// is reported on.
#include "common/base/text.h"
#include "funnel-sctpd/engine/own/own_core.h"
#include "funnel-sctpd/engine/own/own_settings.h"

namespace funnel::sctp {
namespace {

using CoreReason = ::sctp::DownReason;

DownReason ReasonOf(CoreReason reason, bool was_up) {
  switch (reason) {
    case CoreReason::kNoAnswer:
      return DownReason::kNoAnswer;
    case CoreReason::kShutdown:
      return DownReason::kShutdown;
    case CoreReason::kAborted:
      return was_up ? DownReason::kAborted : DownReason::kRefused;
    case CoreReason::kDeadPeer:
      return DownReason::kDeadPeer;
    case CoreReason::kRestarted:
      return DownReason::kRestarted;
    case CoreReason::kLocal:
      return DownReason::kLocal;
    case CoreReason::kViolation:
      return was_up ? DownReason::kViolation : DownReason::kRefused;
  }
  return DownReason::kViolation;
}

std::string TextOf(DownReason reason, std::string_view said, const Settings& settings) {
  switch (reason) {
    case DownReason::kNoAnswer:
      return "no answer";
    case DownReason::kRefused:
      return "the peer's SCTP said no" + (said.empty() ? "" : ": " + EscapeForLog(said));
    case DownReason::kShutdown:
      return "ended in order";
    case DownReason::kAborted:
      return "the peer ended it" + (said.empty() ? "" : ": " + EscapeForLog(said));
    case DownReason::kDeadPeer:
      return "nothing heard for " + std::to_string(settings.dead_peer_timeout.count()) + " ms";
    case DownReason::kRestarted:
      return "the peer restarted";
    case DownReason::kLocal:
      return EscapeForLog(said);
    case DownReason::kViolation:
      return "the peer broke the protocol" + (said.empty() ? "" : ": " + EscapeForLog(said));
  }
  return "";
}

}  // namespace

void OwnCore::OnUp(AssociationId id, const ::sctp::Address& address, bool incoming) {
  const ::sctp::Association& association = *endpoint_.Find(id);
  if (settings_.interleaving && !association.agreed().interleaving) {
    ++counters_.associations_failed;
    const bool known = peers_.Find(id) != nullptr;
    constexpr std::string_view kReason =
        "the peer's SCTP lacks I-DATA (RFC 8260); Linux: sysctl net.sctp.intl_enable=1";
    endpoint_.Refuse(id, kReason);
    End(id, DownReason::kRefused, std::string(kReason));
    if (!known) ended_.pop_back();  // it was never reported
    return;
  }

  Peer& peer = peers_.Get(id);
  // Of an association that we began, these are what Connect was given.
  if (incoming) {
    peer.address = EngineAddress(address);
    peer.sctp_port = association.identity().peer_port;
  }
  peer.incoming = incoming;
  peer.up = true;

  if (incoming && !strangers_.IsKnown(peer.address)) {
    peer.stranger = true;
    ++strangers_all_;
    ++strangers_of_[peer.address.WithPort(0)];
  }

  ++counters_.associations_up;
  observer_.OnUp(
      id, {incoming, peer.address, CarrierOf(peer.address), peer.sctp_port, association.streams()});
}

void OwnCore::OnDown(AssociationId id, CoreReason core_reason, std::string_view text) {
  const Peer* peer = peers_.Find(id);
  if (peer == nullptr) return;
  const DownReason reason = ReasonOf(core_reason, peer->up);
  if (!peer->up) ++counters_.associations_failed;
  if (reason == DownReason::kDeadPeer) ++counters_.dead_peers;
  if (reason == DownReason::kRestarted) ++counters_.restarts;
  if (core_reason == CoreReason::kViolation && text == "message too large")
    ++counters_.messages_oversize;
  Forget(id);
  observer_.OnDown(id, reason, TextOf(reason, text, settings_));
}

void OwnCore::OnMessage(AssociationId id, StreamId stream, std::uint32_t protocol,
                        MutableByteView message) {
  ++counters_.messages_in;
  observer_.OnMessage(id, stream, protocol, message);
}

bool OwnCore::MayAsk(const ::sctp::Address& from, Ask ask, TimePoint now) {
  const auto which = ask == Ask::kInit         ? Strangers::Ask::kInit
                     : ask == Ask::kCookieEcho ? Strangers::Ask::kCookieEcho
                                               : Strangers::Ask::kOther;
  if (strangers_.Admit(EngineAddress(from), which, now)) return true;
  ++counters_.strangers_limited;
  return false;
}

bool OwnCore::MayAccept(const ::sctp::Address& from) {
  const TransportAddress address = EngineAddress(from);
  if (strangers_.IsKnown(address)) return true;
  const auto of_host = strangers_of_.find(address.WithPort(0));
  if (strangers_all_ < settings_.strangers.associations &&
      (of_host == strangers_of_.end() ||
       of_host->second < settings_.strangers.associations_per_host))
    return true;
  ++counters_.strangers_limited;
  return false;
}

bool OwnCore::Expects(const ::sctp::Address& from) {
  return strangers_.IsKnown(EngineAddress(from));
}

std::size_t OwnCore::PacketBytes(const ::sctp::Address& peer) const {
  return sctp::PacketBytes(settings_, EngineAddress(peer));
}

void OwnCore::NoStranger(Peer& peer) {
  if (!peer.stranger) return;
  peer.stranger = false;
  --strangers_all_;
  const auto of_host = strangers_of_.find(peer.address.WithPort(0));
  if (--of_host->second == 0) strangers_of_.erase(of_host);
}

void OwnCore::Forget(AssociationId id) {
  Peer* peer = peers_.Find(id);
  if (peer == nullptr) return;
  NoStranger(*peer);
  peers_.Remove(id);
}

void OwnCore::ReportEnded() {
  while (!ended_.empty()) {
    std::vector<Ended> now;
    now.swap(ended_);
    for (const Ended& ended : now) observer_.OnDown(ended.id, ended.reason, ended.text);
  }
}

EngineCounters OwnCore::counters() const {
  EngineCounters out = counters_;
  const ::sctp::EndpointCounters& core = endpoint_.counters();
  out.associations_now = peers_.size();
  out.packets_malformed = core.packets_malformed + core.inits_bad;
  out.packets_other_port = core.packets_other_port;
  out.packets_bad_tag = core.packets_bad_tag - core.out_of_the_blue;
  out.packets_unproven = core.packets_other_place;
  out.strangers_answered = core.out_of_the_blue;
  out.strangers_limited += core.refused_full + core.unverified_refused;
  out.association_visits = peers_.looked_at();
  out.retransmitted_chunks = core.retransmitted_chunks;
  out.copied_chunks = core.copied_chunks;
  out.messages_expired = core.expired_messages;
  out.queue_now_bytes = queue_.bytes() + link_->waiting_bytes();
  return out;
}

}  // namespace funnel::sctp
