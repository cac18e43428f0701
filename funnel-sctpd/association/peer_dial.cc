// Peer: from a name to an association that is up.
#include <cassert>
#include <utility>

#include "common/base/log.h"
#include "funnel-sctpd/association/peer.h"

namespace funnel::sctpd {

bool Peer::IsWanted() const {
  if (!connects() || up_ != nullptr) return false;
  return config_.when == config::When::kAlways || wanted_by_ > 0;
}

void Peer::Consider() {
  assert(IsConsistent());
  if (up_ != nullptr) return ConsiderUp();
  if (!IsWanted()) {
    if (outgoing_ == nullptr && dialer_.attempts().running().empty())
      dialer_.Unwant("nobody wants it");
    return;
  }

  const TimePoint now = env_.now();
  dialer_.Want(now);
  if (dialer_.state() == Dialer::State::kConnecting) return Advance();
  if (MayFallBack()) {
    if (now < resolve_patience_) return host_.Wake(*this, resolve_patience_);
    fell_back_ = true;
    return FallBack("its name is still being looked up");
  }

  auto due = dialer_.due();
  if (!due) return;
  if (*due <= now)
    BeginDialling();
  else
    host_.Wake(*this, *due);
}

void Peer::ConsiderUp() {
  failback_.Consider();
  if (up_ == nullptr || config_.when != config::When::kOnDemand || !connects()) return;

  const TimePoint now = env_.now();
  const auto limit = env_.config.node.sctp.idle_disconnect;
  if (wanted_by_ > 0 || up_->channels > 0) idle_since_ = now;
  if (now - idle_since_ >= limit) return host_.End(*up_, "idle");
  host_.Wake(*this, idle_since_ + limit);
}

void Peer::LookUp() {
  addresses_.LookUp(config_, [this](const std::vector<ResolvedAddress>& found,
                                    const std::string& error) { OnResolved(found, error); });
}

void Peer::BeginDialling() {
  dialer_.Begin();
  // What the last round tried in vain is not tried before the answer again: it may name another.
  resolve_patience_ = TimePoint::max();
  if (MayFallBack() && !std::exchange(fell_back_, false)) {
    resolve_patience_ = env_.now() + env_.config.node.sctp.attempt_delay;
    host_.Wake(*this, resolve_patience_);
  }
  LookUp();
}

bool Peer::MayFallBack() const {
  if (dialer_.state() != Dialer::State::kResolving || !dialer_.good()) return false;
  const bool direct = dialer_.good()->carrier == sctp::Carrier::kDirect;
  return config_.carrier != (direct ? config::Carrier::kUdp : config::Carrier::kDirect);
}

void Peer::FallBack(const std::string& why) {
  const Candidate candidate = *dialer_.good();
  env_.Count(kFallbacks);
  reason_ = why + "; the address that worked last is tried: " + PathText(candidate.path());
  Log(LogLevel::kNotice, "address-of-last-time", reason_, {{"PEER", name()}});
  dialer_.OnResolved({candidate}, HeadStart(), env_.now(), env_.random(), reason_);
  Consider();
}

void Peer::OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error) {
  if (!found.empty()) {
    addresses_.SetHosts(found, up_ != nullptr ? &up_->address : nullptr);
    host_.PublishKnownHosts();
  }
  if (failback_.state() == Failback::State::kResolving) return failback_.OnResolved(!found.empty());

  std::vector<Candidate> candidates;
  if (!found.empty()) candidates = Candidates(addresses_.MayTryDirect());
  if (candidates.empty()) {
    env_.Count(kConnectsFailed);
    reason_ = found.empty() ? error : "its SRV records do not offer the configured carrier";
    Log(LogLevel::kWarning, "resolve-failed", reason_, {{"PEER", name()}});
    if (found.empty() && MayFallBack()) return FallBack(error);
  }
  dialer_.OnResolved(std::move(candidates), HeadStart(), env_.now(), env_.random(), reason_);
  Consider();
}

Attempts::HeadStart Peer::HeadStart() const {
  const auto& sctp = env_.config.node.sctp;
  // The first INIT may be lost: the second one leaves after rto-initial.
  return {.usual = sctp.attempt_delay, .before_worse = 2 * sctp.rto_initial};
}

void Peer::Advance() {
  ConnectDue(dialer_.attempts(), /*beside=*/false);
  if (!dialer_.attempts().over()) return host_.Wake(*this, dialer_.attempts().NextTimer());

  addresses_.NoteDirectFailure(dialer_.attempts());
  dialer_.OnRoundFailed(env_.now(), env_.random(), reason_);
  if (auto due = dialer_.due()) host_.Wake(*this, *due);
}

void Peer::ConnectDue(Attempts& attempts, bool beside) {
  while (const Candidate* due = attempts.Due(env_.now())) {
    const Candidate candidate = *due;
    auto connected = host_.Connect(*this, candidate, beside);
    if (connected) {
      env_.Count(kConnects);
      attempts.OnBegun(*connected, env_.now());
      tried_.emplace(*connected, host_.Find(*connected));
      continue;
    }

    const std::string& why = connected.error().message;
    const bool direct = candidate.carrier == sctp::Carrier::kDirect;
    if (!direct || config_.carrier == config::Carrier::kDirect)
      Log(LogLevel::kWarning, "connect-failed", why,
          {{"PEER", name()}, {"ADDRESS", candidate.address.text()}});
    env_.Count(kConnectsFailed);
    if (!beside) reason_ = why;
    attempts.OnNotBegun(env_.now());
    if (direct) addresses_.OnDirectNotBegun(why);
  }
}

Attempts& Peer::AttemptsOf(const Association& association) {
  return association.beside ? failback_.attempts() : dialer_.attempts();
}

void Peer::OnAttemptFailed(const Association& association, const std::string& reason) {
  if (!dialer_.attempts().OnFailed(association.id(), reason, env_.now())) return;
  env_.Count(kConnectsFailed);
  reason_ = reason;
  Consider();
}

}  // namespace funnel::sctpd
