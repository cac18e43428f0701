#include "funnel-sctpd/association/peer.h"

#include <algorithm>
#include <cassert>
#include <ctime>
#include <utility>

#include "common/base/log.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// Two associations that both ends began at one moment are verified within this time of each other.
constexpr Duration kSimultaneous = 15s;

}  // namespace

Peer::Peer(Environment& env, AssociationHost& host, const config::PeerConfig& config)
    : env_(env),
      host_(host),
      config_(config),
      dialer_(env.config.node.sctp.reconnect_min, env.config.node.sctp.reconnect_max, config.name),
      addresses_(env) {
  Recall();
}

bool Peer::IsConsistent() const {
  if (up_ != nullptr && !up_->up()) return false;
  if (outgoing_ != nullptr && outgoing_->state() != AssociationState::kVerifying) return false;
  // What failback compares with.
  if (up_ == nullptr && failback_.state() != Failback::State::kOff) return false;
  return dialer_.IsConsistent() && failback_.IsConsistent();
}

void Peer::AddWant() {
  ++wanted_by_;
  Consider();
}

void Peer::RemoveWant() {
  if (wanted_by_ == 0) return;
  --wanted_by_;
  Consider();
}

void Peer::Configure(const config::PeerConfig& config) {
  const bool moved = config_.connect != config.connect || config_.carrier != config.carrier;
  config_ = config;
  if (moved) WithdrawAll("its configuration has changed");
  if (moved && up_ == nullptr) dialer_.Unwant("its configuration has changed");
  failback_.Plan();
}

void Peer::Stop(const std::string& reason) {
  config_.connect.clear();
  dialer_.Unwant(reason);
  failback_.Off(reason);
}

void Peer::Dismiss(const std::string& reason) {
  Stop(reason);
  WithdrawAll(reason);
  if (up_ != nullptr) host_.End(*up_, reason);
}

void Peer::OnUp(Association& association) {
  Attempts& attempts = AttemptsOf(association);
  if (association.candidate.carrier == sctp::Carrier::kUdp)
    addresses_.NoteDirectFailure(attempts);
  else
    addresses_.OnDirectServes();

  const std::vector<AssociationId> slower = attempts.OnUp(association.id());
  if (association.beside) {
    failback_.OnUp();
  } else {
    dialer_.OnConnected(association.candidate);
    outgoing_ = &association;
  }

  for (AssociationId id : slower)
    if (Association* other = host_.Find(id)) {
      env_.Count(kAttemptsWithdrawn);
      Withdraw(*other, "another candidate was faster");
    }
}

void Peer::OnVerifyTimeout(const Association& association) {
  if (association.carrier != sctp::Carrier::kDirect) return;
  // Its handshake passed and larger packets do not.
  addresses_.OnDirectFailed("not verified in time over it");
}

bool Peer::Supersede(Association& fresh, std::uint64_t instance, const std::string& node) {
  if (up_ == nullptr) return true;
  if (fresh.beside) return failback_.TakeOver(fresh);

  bool keep_old = instance < up_->instance;
  if (instance == up_->instance && up_->outgoing != fresh.outgoing &&
      env_.now() - up_->verified_at < kSimultaneous) {
    // Both ends connected. Both keep the association that the lower node began.
    const bool ours_wins = env_.config.node.name < node;
    keep_old = up_->outgoing == ours_wins;
  }
  if (keep_old) {
    host_.End(fresh, "there is an association with that peer already");
    return false;
  }

  env_.Count(kAssociationsReplaced);
  up_->replaced = true;
  // The same process at the far end has found a better path, and may have sent on the other one.
  host_.End(*up_, "replaced by a newer association", {.in_order = instance == up_->instance});
  return true;
}

void Peer::OnServed(Association& association) {
  tried_.erase(association.id());
  up_ = &association;
  if (outgoing_ == &association) outgoing_ = nullptr;
  dialer_.OnServed();
  if (association.beside) dialer_.SetGood(association.candidate);
  association.beside = false;
  reason_.clear();
  idle_since_ = env_.now();
  if (addresses_.AddHost(association.address, /*stays=*/connects())) host_.PublishKnownHosts();
}

void Peer::OnUsable(Association& association) {
  failback_.OfferPaths(association);
  Remember();
  failback_.Plan();
  Consider();
}

void Peer::OnMoved(Association& association, sctp::Carrier before) {
  if (up_ != &association || !association.outgoing) return;
  if (association.carrier == sctp::Carrier::kDirect)
    addresses_.OnDirectServes();
  else if (before == sctp::Carrier::kDirect)
    addresses_.OnDirectFailed("it fell silent");

  dialer_.SetGood(association.candidate);
  Remember();
  failback_.Plan();
}

void Peer::OnLosing(Association& association, sctp::DownReason reason) {
  if (up_ != &association) return;
  if (reason == sctp::DownReason::kDeadPeer) dialer_.OnDead(association.candidate);
  failback_.PromoteSuccessor(association);
}

void Peer::OnEnded(Association& association, const std::string& reason, bool was_up,
                   Duration at_least) {
  tried_.erase(association.id());
  if (up_ == &association) up_ = nullptr;
  const bool outgoing = outgoing_ == &association;
  if (outgoing) outgoing_ = nullptr;

  if (association.replaced || association.withdrawn) return;
  if (association.beside && !was_up) return failback_.OnLost(association, reason);
  if (dialer_.attempts().Find(association.id()) != nullptr)
    return OnAttemptFailed(association, reason);
  if (up_ != nullptr || (!outgoing && !was_up)) return;

  if (was_up) {
    failback_.Off(reason);
    WithdrawAll("what it should replace has ended");
  }
  reason_ = reason;
  if (!was_up) dialer_.OnUnproven(association.candidate);
  dialer_.OnLost(env_.now(), env_.random(), reason, at_least);
  Consider();
}

void Peer::SetOutgoing(Association& association) {
  outgoing_ = &association;
  dialer_.SetGood(association.candidate);
}

void Peer::Withdraw(Association& association, const std::string& reason) {
  association.withdrawn = true;
  host_.End(association, reason);
}

void Peer::WithdrawAll(const std::string& reason) {
  outgoing_ = nullptr;
  // They leave it as they end.
  const Tried tried = tried_;
  for (const auto& [id, association] : tried) Withdraw(*association, reason);
}

void Peer::Remember() {
  if (up_ == nullptr || !up_->outgoing) return;
  RememberedPath remembered{.candidate = up_->candidate, .direct_from_unix = 0};
  if (auto left = addresses_.direct().from() - env_.now(); left > Duration{0})
    remembered.direct_from_unix =
        std::time(nullptr) + std::chrono::ceil<std::chrono::seconds>(left).count();
  if (env_.paths.Set(name(), remembered)) env_.save_paths();
}

void Peer::Recall() {
  const RememberedPath* known = env_.paths.Find(name());
  if (known == nullptr) return;
  dialer_.SetGood(known->candidate);
  const std::chrono::seconds left(known->direct_from_unix - std::time(nullptr));
  if (left <= Duration{0}) return;
  // A clock that was wrong must not keep direct SCTP out for ever.
  addresses_.OnDirectFailed("it did not answer before the last start", left);
}

}  // namespace funnel::sctpd
