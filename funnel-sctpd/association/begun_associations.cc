#include "funnel-sctpd/association/begun_associations.h"

#include "common/base/log.h"
#include "funnel-sctpd/association/peer.h"

namespace funnel::sctpd {

Attempts::HeadStart BegunAssociations::HeadStart() const {
  const auto& sctp = context_.env.config.node.sctp;
  // The first INIT may be lost: the second one leaves after rto-initial.
  return {.usual = sctp.attempt_delay, .before_worse = 2 * sctp.rto_initial};
}

std::optional<std::string> BegunAssociations::BeginDue(Attempts& attempts,
                                                       Association::Purpose purpose) {
  Peer& peer = context_.peer;
  std::optional<std::string> failure;
  while (const Candidate* due = attempts.Due(context_.env.now())) {
    const Candidate candidate = *due;
    auto begun = context_.host.Connect(peer, candidate, purpose);
    if (begun) {
      const AssociationId id = (*begun)->id();
      context_.env.Count(kConnects);
      attempts.OnBegun(id, context_.env.now());
      begun_.emplace(id, *begun);
      continue;
    }

    failure = begun.error().message;
    const bool direct = candidate.carrier == sctp::Carrier::kDirect;
    if (!direct || peer.config().carrier == config::Carrier::kDirect)
      Log(LogLevel::kWarning, "connect-failed", *failure,
          {{"PEER", peer.name()}, {"ADDRESS", candidate.address.text()}});
    context_.env.Count(kConnectsFailed);
    attempts.OnNotBegun(context_.env.now());
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
    context_.env.Count(kAttemptsWithdrawn);
    Withdraw(*slower->second, "another candidate was faster");
  }
}

void BegunAssociations::WithdrawAll(const std::string& reason) {
  // They leave it as they end.
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
