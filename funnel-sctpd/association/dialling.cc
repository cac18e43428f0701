#include "funnel-sctpd/association/dialling.h"

#include <utility>

#include "common/base/log.h"
#include "funnel-sctpd/association/peer.h"

namespace funnel::sctpd {

Dialling::Dialling(const PeerContext& context, BegunAssociations& begun, const std::string& peer)
    : context_(context),
      begun_(begun),
      dialer_(context.shared.config.node.sctp.reconnect_min,
              context.shared.config.node.sctp.reconnect_max, peer) {}

bool Dialling::IsConsistent() const {
  if (verifying_ != nullptr && verifying_->state() != AssociationState::kVerifying) return false;
  return dialer_.IsConsistent();
}

void Dialling::Consider() {
  const TimePoint now = context_.shared.now();
  dialer_.Want(now);
  if (dialer_.state() == Dialer::State::kConnecting) return Advance();
  if (MayFallBack()) {
    if (now < resolve_patience_) return context_.host.Wake(context_.peer, resolve_patience_);
    fell_back_ = true;
    return FallBack("its name is still being looked up");
  }

  auto due = dialer_.due();
  if (!due) return;
  if (*due <= now)
    Begin();
  else
    context_.host.Wake(context_.peer, *due);
}

void Dialling::OnUnwanted() {
  if (verifying_ == nullptr && dialer_.attempts().running().empty())
    dialer_.Unwant("nobody wants it");
}

void Dialling::Begin() {
  dialer_.Begin();
  // What the last round tried in vain is not tried without an answer again: the name may lead
  // elsewhere.
  resolve_patience_ = TimePoint::max();
  if (MayFallBack() && !std::exchange(fell_back_, false)) {
    resolve_patience_ = context_.shared.now() + context_.shared.config.node.sctp.attempt_delay;
    context_.host.Wake(context_.peer, resolve_patience_);
  }
  context_.peer.LookUp();
}

bool Dialling::MayFallBack() const {
  if (dialer_.state() != Dialer::State::kResolving || !dialer_.good()) return false;
  const bool direct = dialer_.good()->carrier == sctp::Carrier::kDirect;
  return context_.peer.config().carrier !=
         (direct ? config::Carrier::kUdp : config::Carrier::kDirect);
}

void Dialling::FallBack(const std::string& why) {
  const Candidate candidate = *dialer_.good();
  context_.shared.Count(kFallbacks);
  reason_ = why + "; the address that worked last is tried: " + PathText(candidate.path());
  Log(LogLevel::kNotice, "address-of-last-time", reason_, {{"PEER", context_.peer.name()}});
  dialer_.OnResolved({candidate}, begun_.HeadStart(), context_.shared.now(),
                     context_.shared.random(), reason_);
  context_.peer.Consider();
}

void Dialling::OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error) {
  std::vector<Candidate> candidates;
  if (!found.empty())
    candidates =
        context_.addresses.Candidates(context_.peer.config(), context_.addresses.MayTryDirect());
  if (candidates.empty()) {
    context_.shared.Count(kConnectsFailed);
    reason_ = found.empty() ? error : "its SRV records do not offer the configured carrier";
    Log(LogLevel::kWarning, "resolve-failed", reason_, {{"PEER", context_.peer.name()}});
    if (found.empty() && MayFallBack()) return FallBack(error);
  }
  dialer_.OnResolved(std::move(candidates), begun_.HeadStart(), context_.shared.now(),
                     context_.shared.random(), reason_);
  context_.peer.Consider();
}

void Dialling::Advance() {
  if (auto failure = begun_.BeginDue(dialer_.attempts(), Association::Purpose::kServe))
    reason_ = *failure;
  if (!dialer_.attempts().over())
    return context_.host.Wake(context_.peer, dialer_.attempts().NextTimer());

  context_.addresses.NoteDirectFailure(dialer_.attempts());
  dialer_.OnRoundFailed(context_.shared.now(), context_.shared.random(), reason_);
  if (auto due = dialer_.due()) context_.host.Wake(context_.peer, *due);
}

void Dialling::OnUp(Association& association) {
  begun_.OnUp(association, dialer_.attempts());
  dialer_.OnConnected(association.dialled->candidate);
  verifying_ = &association;
}

void Dialling::Adopt(Association& association) {
  verifying_ = &association;
  dialer_.SetGood(association.dialled->candidate);
}

void Dialling::OnServed(const Association& association) {
  if (verifying_ == &association) verifying_ = nullptr;
  dialer_.OnServed();
  if (association.replaces()) dialer_.SetGood(association.dialled->candidate);
  reason_.clear();
}

bool Dialling::OnEnded(const Association& association) {
  if (verifying_ != &association) return false;
  verifying_ = nullptr;
  return true;
}

bool Dialling::OnAttemptFailed(const Association& association, const std::string& reason) {
  if (!dialer_.attempts().OnFailed(association.id(), reason, context_.shared.now())) return false;
  context_.shared.Count(kConnectsFailed);
  reason_ = reason;
  return true;
}

void Dialling::OnLost(const Association& association, const std::string& reason, bool was_up,
                      Duration at_least) {
  reason_ = reason;
  if (!was_up && association.dialled) dialer_.OnUnproven(association.dialled->candidate);
  dialer_.OnLost(context_.shared.now(), context_.shared.random(), reason, at_least);
}

}  // namespace funnel::sctpd
