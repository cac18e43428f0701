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
  Log(LogLevel::kDebug, "dialling", line, {{"PEER", context_.peer.name()}});
  state_ = state;
}

bool Failback::IsConsistent() const {
  if (due_.has_value() != (state_ == State::kWaiting)) return false;
  return state_ == State::kConnecting || attempts_.running().empty();
}

void Failback::Off(std::string_view reason) { SetState(State::kOff, reason); }

bool Failback::MayTakeOver() const {
  const Association* up = context_.peer.up();
  if (up == nullptr) return true;
  auto since = context_.host.IdleSince(*up);
  return since && context_.shared.now() - *since >= context_.shared.config.node.sctp.switch_idle;
}

std::vector<Candidate> Failback::Candidates(bool direct_now) const {
  return context_.addresses.Candidates(context_.peer.config(), direct_now);
}

std::vector<Candidate> Failback::BetterCandidates(bool direct_now) const {
  const Association::Dialled& up = *context_.peer.up()->dialled;
  std::vector<Candidate> candidates = Candidates(direct_now);
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
  const Association* up = context_.peer.up();
  if (up == nullptr || !up->outgoing() || !context_.peer.connects())
    return Off("nothing to compare with");

  const TimePoint next = context_.shared.now() + context_.shared.config.node.sctp.return_interval;
  std::optional<TimePoint> due;
  for (const Candidate& candidate : BetterCandidates(/*direct_now=*/true)) {
    TimePoint at = next;
    if (candidate.carrier == sctp::Carrier::kDirect &&
        context_.peer.config().carrier == config::Carrier::kAuto)
      at = std::max(at, context_.addresses.direct().from());
    due = std::min(at, due.value_or(at));
  }

  if (!due) return Off("nothing is better");
  SetState(State::kWaiting, "there is a better candidate");
  due_ = due;
  context_.host.Wake(context_.peer, *due);
}

void Failback::Consider() {
  assert(IsConsistent());
  if (state_ == State::kConnecting) return Advance();
  if (!due_) return;

  const TimePoint now = context_.shared.now();
  if (*due_ > now) return context_.host.Wake(context_.peer, *due_);
  const auto since = context_.host.IdleSince(*context_.peer.up());
  const auto silence = context_.shared.config.node.sctp.switch_idle;
  const TimePoint idle = since ? *since + silence : now + silence;
  if (idle > now) return context_.host.Wake(context_.peer, idle);

  context_.shared.Count(kReturnsTried);
  SetState(State::kResolving, "nobody would notice");
  context_.peer.LookUp();
}

void Failback::OnResolved(bool found) {
  if (context_.peer.up() == nullptr) return Off("what it should replace has ended");
  if (found) RankUsedAgain();
  std::vector<Candidate> better = BetterCandidates(context_.addresses.MayTryDirect());
  // The answer may have taken long.
  if (!found || better.empty() || !MayTakeOver()) return Plan();

  SetState(State::kConnecting, "");
  attempts_.Begin(std::move(better), begun_.HeadStart(), context_.shared.now());
  Advance();
}

void Failback::RankUsedAgain() const {
  Candidate& used = context_.peer.up()->dialled->candidate;
  const std::vector<Candidate> all = Candidates(/*direct_now=*/true);
  auto found = std::ranges::find(all, used.path(), &Candidate::path);
  used.priority = found == all.end() ? UINT16_MAX : found->priority;
}

void Failback::OnUp(const Association& association) {
  begun_.OnUp(association, attempts_);
  SetState(State::kVerifying, "");
}

void Failback::Advance() {
  // That one could not be begun is no reason for the peer's state: the peer is up.
  (void)begun_.BeginDue(attempts_, Association::Purpose::kReplace);
  if (!attempts_.over()) return context_.host.Wake(context_.peer, attempts_.NextTimer());

  context_.addresses.NoteDirectFailure(attempts_);
  context_.addresses.Remember(context_.peer.name(), context_.peer.up()->dialled->candidate);
  Plan();
}

void Failback::OnLost(Association& association, const std::string& reason) {
  if (state_ != State::kConnecting) return Plan();
  if (!attempts_.OnFailed(association.id(), reason, context_.shared.now())) return;
  context_.shared.Count(kConnectsFailed);
  Consider();
}

bool Failback::TakeOver(Association& fresh) {
  if (!MayTakeOver()) {
    context_.host.End(fresh, "what it should replace is in use");
    return false;
  }

  context_.shared.Count(kAssociationsSwitched);
  context_.host.End(*context_.peer.up(),
                    "a better path took over: " + PathText(fresh.dialled->candidate.path()),
                    {.cause = Association::Cause::kReplaced, .in_order = true});
  return true;
}

Association* Failback::PromoteSuccessor() {
  if (state_ != State::kVerifying) return nullptr;
  Association* successor = begun_.FindSuccessor();
  if (successor == nullptr) return nullptr;

  context_.shared.Count(kAssociationsSwitched);
  successor->dialled->purpose = Association::Purpose::kServe;
  Off("it is the only one by now");
  return successor;
}

void Failback::OfferPaths(Association& association) const {
  if (!association.dialled) return;
  auto paths = PathsLike(Candidates(/*direct_now=*/true), association.dialled->candidate);
  association.dialled->moves =
      paths.size() > 1 && context_.shared.engine->OfferPaths(association.id(), std::move(paths));
}

}  // namespace funnel::sctpd
