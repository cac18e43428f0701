#include "funnel-sctpd/association/peer.h"

#include <cassert>

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// If both ends begin an association at one moment, the two are verified within this time.
constexpr Duration kSimultaneous = 15s;

}  // namespace

Peer::Peer(SharedState& shared, AssociationHost& host, const config::PeerConfig& config)
    : shared_(shared),
      host_(host),
      config_(config),
      addresses_(shared),
      begun_({*this, shared, host, addresses_}),
      dialling_({*this, shared, host, addresses_}, begun_, config.name),
      failback_({*this, shared, host, addresses_}, begun_) {
  if (auto candidate = addresses_.Recall(name())) dialling_.SetGood(*candidate);
}

bool Peer::IsConsistent() const {
  if (up_ != nullptr && !up_->up()) return false;
  // Failback compares with the association that is up.
  if (up_ == nullptr && failback_.state() != Failback::State::kOff) return false;
  return dialling_.IsConsistent() && failback_.IsConsistent();
}

bool Peer::IsWanted() const {
  if (!connects() || up_ != nullptr) return false;
  return config_.when == config::When::kAlways || wanted_by_ > 0;
}

void Peer::Consider() {
  assert(IsConsistent());
  if (up_ != nullptr) return ConsiderUp();
  if (IsWanted())
    dialling_.Consider();
  else
    dialling_.OnUnwanted();
}

void Peer::ConsiderUp() {
  failback_.Consider();
  if (up_ == nullptr || config_.when != config::When::kOnDemand || !connects()) return;

  const TimePoint now = shared_.now();
  const auto limit = shared_.config.node.sctp.idle_disconnect;
  if (wanted_by_ > 0 || up_->channels > 0) idle_since_ = now;
  if (now - idle_since_ >= limit) return host_.End(*up_, "idle");
  host_.Wake(*this, idle_since_ + limit);
}

void Peer::LookUp() {
  addresses_.LookUp(config_, [this](const std::vector<ResolvedAddress>& found,
                                    const std::string& error) { OnResolved(found, error); });
}

void Peer::OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error) {
  if (!found.empty()) {
    addresses_.SetHosts(found, up_ != nullptr ? &up_->address : nullptr);
    host_.PublishKnownHosts();
  }
  if (failback_.state() == Failback::State::kResolving)
    failback_.OnResolved(!found.empty());
  else
    dialling_.OnResolved(found, error);
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
  if (moved) begun_.WithdrawAll("its configuration has changed");
  if (moved && up_ == nullptr) dialling_.Stop("its configuration has changed");
  failback_.Plan();
}

void Peer::Stop(const std::string& reason) {
  config_.connect.clear();
  dialling_.Stop(reason);
  failback_.Off(reason);
}

void Peer::Dismiss(const std::string& reason) {
  Stop(reason);
  begun_.WithdrawAll(reason);
  if (up_ != nullptr) host_.End(*up_, reason);
}

void Peer::OnUp(Association& association) {
  if (association.replaces())
    failback_.OnUp(association);
  else
    dialling_.OnUp(association);
}

void Peer::OnVerifyTimeout(const Association& association) {
  if (association.carrier != sctp::Carrier::kDirect) return;
  // The handshake passed, but larger packets do not.
  addresses_.OnDirectFailed("not verified in time over it");
}

bool Peer::Supersede(Association& fresh, std::uint64_t instance, const std::string& node) {
  if (up_ == nullptr) return true;
  if (fresh.replaces()) return failback_.TakeOver(fresh);

  const Association::Up& old = *up_->verified();
  bool keep_old = instance < old.instance;
  if (instance == old.instance && up_->outgoing() != fresh.outgoing() &&
      shared_.now() - old.verified_at < kSimultaneous) {
    // Both ends have connected. Both keep the association that the lower node began.
    const bool ours_wins = shared_.config.node.name < node;
    keep_old = up_->outgoing() == ours_wins;
  }
  if (keep_old) {
    host_.End(fresh, "there is an association with that peer already");
    return false;
  }

  shared_.Count(kAssociationsReplaced);
  // The same process at the far end has found a better path, and may already have sent on that.
  host_.End(*up_, "replaced by a newer association",
            {.cause = Association::Cause::kReplaced, .in_order = instance == old.instance});
  return true;
}

void Peer::OnServed(Association& association) {
  begun_.Remove(association);
  up_ = &association;
  dialling_.OnServed(association);
  if (association.dialled) association.dialled->purpose = Association::Purpose::kServe;
  idle_since_ = shared_.now();
  if (addresses_.AddHost(association.address, /*stays=*/connects())) host_.PublishKnownHosts();
}

void Peer::OnUsable(Association& association) {
  failback_.OfferPaths(association);
  if (association.dialled) addresses_.Remember(name(), association.dialled->candidate);
  failback_.Plan();
  Consider();
}

void Peer::OnMoved(Association& association, sctp::Carrier before) {
  if (up_ != &association || !association.outgoing()) return;
  if (association.carrier == sctp::Carrier::kDirect)
    addresses_.OnDirectServes();
  else if (before == sctp::Carrier::kDirect)
    addresses_.OnDirectFailed("it fell silent");

  dialling_.SetGood(association.dialled->candidate);
  addresses_.Remember(name(), association.dialled->candidate);
  failback_.Plan();
}

bool Peer::OnLosing(Association& association, sctp::DownReason reason) {
  if (up_ != &association) return false;
  if (reason == sctp::DownReason::kDeadPeer && association.dialled)
    dialling_.OnDead(association.dialled->candidate);

  Association* successor = failback_.PromoteSuccessor();
  if (successor == nullptr) return false;
  dialling_.Adopt(*successor);
  return true;
}

void Peer::OnEnded(Association& association, const std::string& reason, bool was_up,
                   Duration at_least) {
  begun_.Remove(association);
  if (up_ == &association) up_ = nullptr;
  const bool was_verifying = dialling_.OnEnded(association);

  if (!association.EndsBy(Association::Cause::kLost)) return;
  if (association.replaces()) return failback_.OnLost(association, reason);
  if (dialling_.OnAttemptFailed(association, reason)) return Consider();
  if (up_ != nullptr || (!was_verifying && !was_up)) return;

  if (was_up) {
    failback_.Off(reason);
    begun_.WithdrawAll("what it should replace has ended");
  }
  dialling_.OnLost(association, reason, was_up, at_least);
  Consider();
}

}  // namespace funnel::sctpd
