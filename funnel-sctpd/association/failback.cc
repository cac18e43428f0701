#include "funnel-sctpd/association/failback.h"

#include <algorithm>
#include <cassert>

#include "common/base/log.h"
#include "funnel-sctpd/association/peer.h"

namespace funnel::sctpd {
namespace {

std::string_view StateName(Failback::State state) {
  switch (state) {
    case Failback::State::kOff:
      return "off";
    case Failback::State::kWaiting:
      return "waiting";
    case Failback::State::kResolving:
      return "resolving";
    case Failback::State::kConnecting:
      return "connecting";
    case Failback::State::kVerifying:
      return "verifying";
  }
  return "?";
}

}  // namespace

void Failback::SetState(State state, std::string_view reason) {
  if (state != State::kConnecting) attempts_.Clear();
  if (state != State::kWaiting) due_.reset();
  if (state == state_) return;

  std::string line = "failback: " + std::string(StateName(state));
  if (!reason.empty()) line.append(": ").append(reason);
  Log(LogLevel::kDebug, "dialling", line, {{"PEER", peer_.name()}});
  state_ = state;
}

bool Failback::IsConsistent() const {
  if (due_.has_value() != (state_ == State::kWaiting)) return false;
  return state_ == State::kConnecting || attempts_.running().empty();
}

void Failback::Off(std::string_view reason) { SetState(State::kOff, reason); }

bool Failback::MayTakeOver() const {
  if (peer_.up() == nullptr) return true;
  auto since = peer_.host().IdleSince(*peer_.up());
  return since && peer_.env().now() - *since >= peer_.env().config.node.sctp.switch_idle;
}

std::vector<Candidate> Failback::BetterCandidates(bool direct_now) const {
  const Association& up = *peer_.up();
  std::vector<Candidate> candidates = peer_.Candidates(direct_now);
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const Candidate& used = up.candidate;
    const bool engines = up.moves && candidate.host == used.host &&
                         candidate.sctp_port == used.sctp_port &&
                         candidate.priority == used.priority;
    return !IsBetter(candidate, used) || engines;
  });
  return candidates;
}

void Failback::Plan() {
  const Association* up = peer_.up();
  if (up == nullptr || !up->outgoing || !peer_.connects()) return Off("nothing to compare with");

  const TimePoint next = peer_.env().now() + peer_.env().config.node.sctp.return_interval;
  std::optional<TimePoint> due;
  for (const Candidate& candidate : BetterCandidates(/*direct_now=*/true)) {
    TimePoint at = next;
    if (candidate.carrier == sctp::Carrier::kDirect &&
        peer_.config().carrier == config::Carrier::kAuto)
      at = std::max(at, peer_.addresses().direct().from());
    due = std::min(at, due.value_or(at));
  }

  if (!due) return Off("nothing is better");
  SetState(State::kWaiting, "there is a better candidate");
  due_ = due;
  peer_.host().Wake(peer_, *due);
}

void Failback::Consider() {
  assert(IsConsistent());
  if (state_ == State::kConnecting) return Advance();
  if (!due_) return;

  const TimePoint now = peer_.env().now();
  if (*due_ > now) return peer_.host().Wake(peer_, *due_);
  const auto since = peer_.host().IdleSince(*peer_.up());
  const auto silence = peer_.env().config.node.sctp.switch_idle;
  const TimePoint idle = since ? *since + silence : now + silence;
  if (idle > now) return peer_.host().Wake(peer_, idle);

  peer_.env().Count(kReturnsTried);
  SetState(State::kResolving, "nobody would notice");
  peer_.LookUp();
}

void Failback::OnResolved(bool found) {
  if (peer_.up() == nullptr) return Off("what it should replace has ended");
  if (found) RankUsedAgain();
  std::vector<Candidate> better = BetterCandidates(peer_.addresses().MayTryDirect());
  // The answer may have taken long.
  if (!found || better.empty() || !MayTakeOver()) return Plan();

  SetState(State::kConnecting, "");
  attempts_.Begin(std::move(better), peer_.HeadStart(), peer_.env().now());
  Advance();
}

void Failback::RankUsedAgain() const {
  Candidate& used = peer_.up()->candidate;
  const std::vector<Candidate> all = peer_.Candidates(/*direct_now=*/true);
  auto found = std::ranges::find(all, used.path(), &Candidate::path);
  used.priority = found == all.end() ? UINT16_MAX : found->priority;
}

void Failback::Advance() {
  peer_.ConnectDue(attempts_, /*beside=*/true);
  if (!attempts_.over()) return peer_.host().Wake(peer_, attempts_.NextTimer());
  peer_.addresses().NoteDirectFailure(attempts_);
  peer_.Remember();
  Plan();
}

void Failback::OnLost(Association& association, const std::string& reason) {
  if (state_ != State::kConnecting) return Plan();
  if (!attempts_.OnFailed(association.id(), reason, peer_.env().now())) return;
  peer_.env().Count(kConnectsFailed);
  Consider();
}

bool Failback::TakeOver(Association& fresh) {
  Association& old = *peer_.up();
  if (!MayTakeOver()) {
    peer_.host().End(fresh, "what it should replace is in use");
    return false;
  }

  peer_.env().Count(kAssociationsSwitched);
  old.replaced = true;
  peer_.host().End(old, "a better path took over: " + PathText(fresh.candidate.path()),
                   {.in_order = true});
  return true;
}

void Failback::PromoteSuccessor(Association& old) {
  if (peer_.up() != &old || state_ != State::kVerifying) return;
  for (const auto& [id, fresh] : peer_.tried()) {
    if (!fresh->beside || fresh->withdrawn || fresh->state() != AssociationState::kVerifying)
      continue;

    peer_.env().Count(kAssociationsSwitched);
    fresh->beside = false;
    old.replaced = true;
    peer_.SetOutgoing(*fresh);
    return Off("it is the only one by now");
  }
}

void Failback::OfferPaths(Association& association) const {
  if (!association.outgoing) return;
  auto paths = PathsLike(peer_.Candidates(/*direct_now=*/true), association.candidate);
  association.moves =
      paths.size() > 1 && peer_.env().engine->OfferPaths(association.id(), std::move(paths));
}

}  // namespace funnel::sctpd
