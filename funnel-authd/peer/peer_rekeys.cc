#include "funnel-authd/peer/peer_rekeys.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"

namespace funnel::authd {

void PeerRekeys::OnRefused() {
  Forget();
  around_.shared.credentials->Doubt(around_.channel->identity().local_principal, Now());
}

void PeerRekeys::Fail(const std::string& text) {
  Log(LogLevel::kWarning, "rekey-failed", EscapeForLog(text, 1024), {{"PEER", around_.peer}});
  around_.channel->RekeyFailed();
}

void PeerRekeys::FailLater() {
  around_.work.Defer([this] {
    if (around_.channel) around_.channel->RekeyFailed();
  });
}

void PeerRekeys::OnDue(Epoch next) {
  const auto& identity = around_.channel->identity();

  const bool queued = around_.work.Run<Result<BegunRekey>>(
      around_.shared.initiate_pool,
      [credentials = around_.shared.credentials, local = identity.local_principal,
       remote = identity.peer_principal,
       terms = RekeyTerms{around_.channel->suite(), next, around_.channel->ExporterBefore(next)}] {
        return BeginRekey(*credentials, local, remote, terms);
      },
      [this](Result<BegunRekey> begun) {
        if (!begun) return Fail(begun.error().message);
        begun_ = *std::move(begun);
        around_.channel->StartRekey(begun_->body);
      });
  if (!queued) FailLater();
}

void PeerRekeys::OnToken(Epoch next, Bytes token) {
  if (around_.channel->identity().role == wire::Role::kInitiator)
    FinishOurs(next, std::move(token));
  else
    AcceptTheirs(next, std::move(token));
}

void PeerRekeys::FinishOurs(Epoch next, Bytes reply) {
  if (!begun_) return FailLater();
  BegunRekey begun = *std::exchange(begun_, std::nullopt);
  const bool queued = around_.work.Run<Result<Established>>(
      around_.shared.accept_pool,
      [begun = std::move(begun), suite = around_.channel->suite(), next,
       reply = std::move(reply)]() mutable { return FinishRekey(begun, suite, next, reply); },
      [this](Result<Established> established) {
        if (!established) return around_.channel->RekeyFailed();
        ++around_.shared.counters[kRekeys];
        around_.channel->InstallEpoch(*std::move(established));
      });
  if (!queued) FailLater();
}

void PeerRekeys::AcceptTheirs(Epoch next, Bytes body) {
  const auto& identity = around_.channel->identity();

  const bool queued = around_.work.Run<Result<AcceptedRekey>>(
      around_.shared.accept_pool,
      [credentials = around_.shared.credentials, local = identity.local_principal,
       remote = identity.peer_principal,
       terms = RekeyTerms{around_.channel->suite(), next, around_.channel->ExporterBefore(next)},
       body = std::move(body)] { return AcceptRekey(*credentials, local, remote, terms, body); },
      [this](Result<AcceptedRekey> accepted) {
        if (!accepted) return Fail(accepted.error().message);
        ++around_.shared.counters[kRekeys];
        around_.channel->AnswerRekey(accepted->reply, std::move(accepted->established));
      });
  if (!queued) FailLater();
}

}  // namespace funnel::authd
