#include "funnel-sctpd/association/begun_associations.h"

#include "common/base/log.h"
#include "funnel-sctpd/association/peer.h"

namespace funnel::sctpd {

Attempts::HeadStart BegunAssociations::HeadStart() const {
  const auto& sctp = context_.shared.config.node.sctp;
  // The first INIT may be lost: the second one is sent after rto-initial.
  return {.usual = sctp.attempt_delay, .before_worse = 2 * sctp.rto_initial};
}

std::optional<std::string> BegunAssociations::BeginDue(Attempts& attempts,
                                                       Association::Purpose purpose) {
  Peer& peer = context_.peer;
  std::optional<std::string> failure;
  while (const Candidate* due = attempts.Due(context_.shared.now())) {
    const Candidate candidate = *due;
    auto begun = context_.host.Connect(peer, candidate, purpose);
    if (begun) {
      const AssociationId id = (*begun)->id();
      context_.shared.Count(kConnects);
      attempts.OnBegun(id, context_.shared.now());
      begun_.emplace(id, *begun);
      continue;
    }

    failure = begun.error().message;
    const bool direct = candidate.carrier == sctp::Carrier::kDirect;
    if (!direct || peer.config().carrier == config::Carrier::kDirect)
      Log(LogLevel::kWarning, "connect-failed", *failure,
          {{"PEER", peer.name()}, {"ADDRESS", candidate.address.text()}});
    context_.shared.Count(kConnectsFailed);
    attempts.OnNotBegun(context_.shared.now());
    if (direct) context_.addresses.OnDirectNotBegun(*failure);
  }
  return failure;
}

void BegunAssociations::OnUp(const Association& association, Attempts& attempts) {
  if (association.carrier == sctp::Carrier::kUdp)
    context_.addresses.NoteDirectFailure(attempts);
  else
    context_.addresses.OnDirectServes();

  for (AssociationId id : attempts.OnUp(association.id())) {
    auto slower = begun_.find(id);
    if (slower == begun_.end()) continue;
    context_.shared.Count(kAttemptsWithdrawn);
    Withdraw(*slower->second, "another candidate was faster");
  }
}

void BegunAssociations::WithdrawAll(const std::string& reason) {
  // They leave begun_ as they end, so this is a copy.
  const Map begun = begun_;
  for (const auto& [id, association] : begun) Withdraw(*association, reason);
}

void BegunAssociations::Withdraw(Association& association, const std::string& reason) {
  context_.host.End(association, reason, {.cause = Association::Cause::kWithdrawn});
}

Association* BegunAssociations::FindSuccessor() const {
  for (const auto& [id, association] : begun_)
    if (association->replaces() && association->state() == AssociationState::kVerifying)
      return association;
  return nullptr;
}

}  // namespace funnel::sctpd
