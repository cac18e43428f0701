// UserlandCore between libusrsctp and the observer: messages, and what became of associations.
#include "common/base/text.h"
#include "funnel-sctpd/engine/userland/userland_core.h"

namespace funnel::sctp {

SctpEndpoint::Event UserlandCore::NextEvent() {
  if (!ahead_) return endpoint_->Receive(message_);
  SctpEndpoint::Event event = *ahead_;
  ahead_.reset();
  return event;
}

// Right behind kUp: whether the peer counts fragments as Linux does. It must be known before
// anybody is told that there is an association, and sends.
bool UserlandCore::TakeLinuxFragments() {
  ahead_ = endpoint_->Receive(message_);
  if (ahead_->what != SctpEndpoint::What::kLinuxFragments) return false;
  ahead_.reset();
  return true;
}

void UserlandCore::Drain() {
  undrained_packets_ = 0;
  for (;;) {
    SctpEndpoint::Event event = NextEvent();
    switch (event.what) {
      case SctpEndpoint::What::kNothing:
        return;
      case SctpEndpoint::What::kMessage:
      case SctpEndpoint::What::kOversize:
        OnMessage(event);
        break;
      case SctpEndpoint::What::kUp:
      case SctpEndpoint::What::kRestarted:
        OnUp(event);
        break;
      case SctpEndpoint::What::kLost:
      case SctpEndpoint::What::kShutDown:
      case SctpEndpoint::What::kNeverUp:
        OnLost(event);
        break;
      case SctpEndpoint::What::kLinuxFragments:
      case SctpEndpoint::What::kIrrelevant:
        break;
    }
  }
}

void UserlandCore::OnMessage(const SctpEndpoint::Event& event) {
  Association* association = associations_.Find(event.association);
  if (association == nullptr) return;
  if (event.what == SctpEndpoint::What::kOversize) {
    ++counters_.messages_oversize;
    return End(*association, DownReason::kViolation,
               "a message larger than " + std::to_string(settings_.max_message_bytes) + " bytes");
  }
  ++association->messages_in;
  ++counters_.messages_in;
  observer_.OnMessage(association->id, event.stream, event.payload_protocol,
                      MutableByteView(message_).first(event.size));
}

void UserlandCore::OnUp(const SctpEndpoint::Event& event) {
  Association* association = associations_.Find(event.association);
  if (association == nullptr) return OnUpIncoming(event);
  if (association->state != Association::State::kConnecting) {
    // libusrsctp saw a restart of a peer it knew; the input stage gives it no occasion to.
    ++counters_.restarts;
    return End(*association, DownReason::kRestarted, "the peer began anew");
  }
  FinishUp(*association, event);
}

void UserlandCore::OnUpIncoming(const SctpEndpoint::Event& event) {
  if (input_ == nullptr || input_->port != event.peer)
    return endpoint_->Abort(event.association, "no such peer");
  if (Association* older = associations_.Find(input_->key)) {
    ++counters_.restarts;
    End(*older, DownReason::kRestarted, "the peer began anew", /*quietly=*/true);
  }
  Association association;
  association.id = AssociationId(++last_id_);
  association.stack = event.association;
  association.port = input_->port;
  association.generation = input_->generation;
  association.key = input_->key;
  association.route = input_->route;
  association.incoming = true;
  association.heard = Now();
  Association& added = associations_.Add(std::move(association));
  TellEnded();
  FinishUp(added, event);
}

void UserlandCore::FinishUp(Association& association, const SctpEndpoint::Event& event) {
  if (settings_.interleaving && !event.interleaving) {
    // libusrsctp 0.9.5 can lock itself up on unordered fragments of plain DATA that are given up
    // (upstream b882f261).
    bool known = !association.incoming;
    ++counters_.associations_failed;
    End(association, DownReason::kRefused,
        "the peer's SCTP lacks I-DATA (RFC 8260); Linux: sysctl net.sctp.intl_enable=1");
    if (!known) ended_.pop_back();  // nobody was told that it was there
    return;
  }
  association.state = Association::State::kUp;
  association.linux_fragments = TakeLinuxFragments();
  association.streams = event.streams;
  association.rto_min = settings_.rto_min;
  association.rto_max = settings_.rto_max;
  association.heard = association.used = active_ = Now();
  if (auto tags = endpoint_->Tags(association.stack)) associations_.SetTags(association, *tags);
  association.paths.Begin(association.route, {settings_.path_probe, settings_.path_failover},
                          active_);
  LimitPackets(association);
  ++counters_.associations_up;
  observer_.OnUp(association.id,
                 {association.incoming, association.route.peer, CarrierOf(association.route.peer),
                  association.key.sctp_port, association.streams});
}

void UserlandCore::OnLost(const SctpEndpoint::Event& event) {
  Association* association = associations_.Find(event.association);
  if (association == nullptr) return;
  DownReason reason = DownReason::kShutdown;
  std::string text = "ended in order";
  if (event.what == SctpEndpoint::What::kNeverUp) {
    ++counters_.associations_failed;
    reason = event.aborted_by_peer ? DownReason::kRefused : DownReason::kNoAnswer;
    text = event.aborted_by_peer ? "the peer's SCTP said no" : "no answer";
  } else if (event.what == SctpEndpoint::What::kLost) {
    reason = event.aborted_by_peer ? DownReason::kAborted : DownReason::kViolation;
    text = event.aborted_by_peer ? "the peer ended it" : "the peer broke the protocol";
  }
  if (!event.reason.empty()) text += ": " + EscapeForLog(event.reason);
  ended_.push_back({association->id, reason, std::move(text)});
  held_ -= association->held.size();
  associations_.Remove(*association);
}

void UserlandCore::TellEnded() {
  while (!ended_.empty()) {
    std::vector<Ended> now;
    now.swap(ended_);
    for (const Ended& ended : now) observer_.OnDown(ended.id, ended.reason, ended.text);
  }
}

void UserlandCore::TellWritable() {
  if (!writable_due_ || !any_waits_) return;
  writable_due_ = any_waits_ = false;
  for (AssociationId id : associations_.Ids()) {
    ++counters_.association_visits;
    Association* association = associations_.Find(id);
    if (association == nullptr || !association->waits.any()) continue;
    const auto& waits = association->waits;
    // More than Send asks for, so that one hint is good for several messages; bulk comes in frames.
    std::size_t slack = settings_.send_buffer_bytes / 8;
    const bool has_room = HasRoom(*association, slack, /*large=*/false);
    const bool room = waits.room && has_room && association->held.bytes() <= slack;
    const bool turn = waits.turn && has_room && MayGo(*association, association->max_unfragmented);
    const bool bulk = waits.bulk && HasRoom(*association, kBulkFrameBytes, /*large=*/true);
    if (!room && !turn && !bulk) {
      any_waits_ = true;
      continue;
    }
    association->waits = {};
    observer_.OnWritable(id);
  }
}

}  // namespace funnel::sctp
