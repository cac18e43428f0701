#include "funnel-authd/initiate.h"

#include "funnel-authd/edge_contexts.h"

namespace funnel::authd {

void InitiateHandshakes::On(ClientId client, const ipc::Initiate& message) {
  auto rule = RuleForInitiate(*shared_.config, message.service);
  if (!rule)
    return AnswerFailed(shared_, client, message.request, ipc::FailureCode::kNotAllowed,
                        rule.error().message);
  rule->fed_by = shared_.circles.FeedsOf(*shared_.config, message.service);

  Pending pending{.client = client,
                  .service = message.service,
                  .identity = rule->identity,
                  .expect = rule->expect,
                  .peer = rule->peer,
                  .is_rekey = message.rekey_of != 0,
                  .epoch = message.epoch};
  if (!pending.is_rekey)
    return Start(client, message.request, std::move(pending),
                 [credentials = shared_.credentials, rule = *std::move(rule)]() -> Result<Begun> {
                   return TRY(BeginOpen(*credentials, rule));
                 });

  const ContextRecord* old = shared_.contexts.Find(ContextId(message.rekey_of), client);
  if (old == nullptr || old->service != message.service || old->role != wire::Role::kInitiator)
    return AnswerFailed(shared_, client, message.request, ipc::FailureCode::kUnknown,
                        "no such context to rekey");
  pending.identity = old->local_principal;
  pending.expect = old->peer_principal;
  pending.suite = old->suite;
  Start(client, message.request, std::move(pending),
        [credentials = shared_.credentials, identity = old->local_principal,
         expect = old->peer_principal,
         terms = RekeyTerms{old->suite, message.epoch, old->exporter.Clone()}]() -> Result<Begun> {
          return TRY(BeginRekey(*credentials, identity, expect, terms));
        });
}

void InitiateHandshakes::Start(ClientId client, std::uint32_t request, Pending pending,
                               std::move_only_function<Result<Begun>()> begin) {
  const std::string key = pending.service.text();
  const std::string late = "unreachable KDC: no ticket for " + pending.expect + " within " +
                           std::to_string(shared_.config->node.kerberos.handshake_timeout.count()) +
                           " ms";

  if (!slots_.HasRoom(key)) return AnswerBusy(client, request);

  const AskId ask = shared_.asks.Open(
      client, shared_.handshake_timeout(),
      [this, client, request, late, service = pending.service, identity = pending.identity,
       expect = pending.expect, peer = pending.peer] {
        Pending what{.service = service, .identity = identity, .expect = expect, .peer = peer};
        Fails(client, request, what, ipc::FailureCode::kLocal, late, kHandshakesTimedOut);
      });

  const bool queued = shared_.initiate_pool.Submit(
      key,
      [this, ask, client, request, pending = std::move(pending),
       begin = std::move(begin)]() mutable -> event::WorkPool::Answer {
        auto begun = begin();
        return [this, ask, client, request, pending = std::move(pending),
                begun = std::move(begun)]() mutable {
          if (shared_.asks.Close(ask))
            OnBegun(client, request, std::move(pending), std::move(begun));
        };
      });

  shared_.counters[kHandshakesWaiting] = shared_.initiate_pool.waiting();
  if (queued) return;
  (void)shared_.asks.Close(ask);
  AnswerBusy(client, request);
}

void InitiateHandshakes::AnswerBusy(ClientId client, std::uint32_t request) {
  ++shared_.counters[kBusy];
  AnswerFailed(shared_, client, request, ipc::FailureCode::kBusy, "too many handshakes");
}

void InitiateHandshakes::OnBegun(ClientId client, std::uint32_t request, Pending pending,
                                 Result<Begun> begun) {
  if (!begun)
    return Fails(client, request, pending, ipc::FailureCode::kLocal, begun.error().message,
                 kHandshakesFailed);
  // The slot is taken only now, because a job of the pool may outlive us.
  pending.slot = slots_.Take(pending.service.text());
  if (!pending.slot) return AnswerBusy(client, request);
  ++shared_.counters[kInitiated];
  pending.begun = *std::move(begun);
  pending.ends = Now() + kPendingLife;
  ipc::Opening opening{.request = request, .handshake = ++last_};
  const auto* open = std::get_if<BegunOpen>(&pending.begun);
  opening.open_body = open != nullptr ? open->open_body : std::get<BegunRekey>(pending.begun).body;
  pending_.emplace(opening.handshake, std::move(pending));
  shared_.clients.Send(client, opening);
}

std::optional<InitiateHandshakes::Pending> InitiateHandshakes::Take(ClientId client,
                                                                    std::uint32_t request,
                                                                    std::uint64_t handshake) {
  auto found = pending_.find(handshake);
  if (found == pending_.end() || found->second.client != client) {
    AnswerFailed(shared_, client, request, ipc::FailureCode::kUnknown, "no such handshake");
    return std::nullopt;
  }
  Pending pending = std::move(found->second);
  pending_.erase(found);
  return pending;
}

void InitiateHandshakes::On(ClientId client, const ipc::Complete& message) {
  auto pending = Take(client, message.request, message.handshake);
  if (!pending) return;
  const std::string key = pending->service.text();
  const AskId ask = shared_.asks.Open(
      client, shared_.handshake_timeout(),
      [this, client, request = message.request, service = pending->service,
       identity = pending->identity, peer = pending->peer] {
        Pending what{.service = service, .identity = identity, .expect = {}, .peer = peer};
        Fails(client, request, what, ipc::FailureCode::kLocal,
              "the acceptor's answer was not looked at in time", kHandshakesTimedOut);
      });

  // This pool never waits for a KDC, so that a KDC that is silent does not delay the handshakes of
  // those that have answered.
  const bool queued = shared_.accept_pool.Submit(
      key,
      [this, ask, client, request = message.request, pending = *std::move(pending),
       reply = message.reply]() mutable -> event::WorkPool::Answer {
        auto* open = std::get_if<BegunOpen>(&pending.begun);
        auto established = open != nullptr ? FinishOpen(*open, reply)
                                           : FinishRekey(std::get<BegunRekey>(pending.begun),
                                                         pending.suite, pending.epoch, reply);
        return [this, ask, client, request, pending = std::move(pending),
                established = std::move(established)]() mutable {
          if (shared_.asks.Close(ask))
            OnFinished(client, request, std::move(pending), std::move(established));
        };
      });

  if (queued) return;
  (void)shared_.asks.Close(ask);
  AnswerBusy(client, message.request);
}

void InitiateHandshakes::OnFinished(ClientId client, std::uint32_t request, Pending pending,
                                    Result<Established> established) {
  if (!established)
    return Fails(client, request, pending, ipc::FailureCode::kProtocol, established.error().message,
                 kHandshakesFailed);
  ++shared_.counters[pending.is_rekey ? kRekeys : kCompleted];
  GiveContext(shared_, EdgeContext{.client = client,
                                   .request = request,
                                   .service = pending.service,
                                   .role = wire::Role::kInitiator,
                                   .local_principal = pending.identity,
                                   .peer_principal = pending.expect,
                                   .established = *std::move(established)});
}

void InitiateHandshakes::On(ClientId client, const ipc::CompleteRefused& message) {
  auto pending = Take(client, message.request, message.handshake);
  if (!pending) return;
  if (message.refused_body.empty())
    return AnswerFailed(shared_, client, message.request, ipc::FailureCode::kRefused, "given up");
  // In a rekey the edge has the refusal already, inside the channel. The acceptor may have new
  // keys.
  PeerRefusal refusal{.text = "the far end refuses the rekey", .doubts_ticket = true};
  if (auto* open = std::get_if<BegunOpen>(&pending->begun))
    refusal = ReadRefusal(*open, message.refused_body);
  if (refusal.doubts_ticket) shared_.credentials->Doubt(pending->identity, Now());
  Fails(client, message.request, *pending, ipc::FailureCode::kRefused, refusal.text, kRefusedByPeer,
        refusal.authenticated);
}

void InitiateHandshakes::Fails(ClientId client, std::uint32_t request, const Pending& pending,
                               ipc::FailureCode code, const std::string& text, Counter counter,
                               bool authenticated) {
  NoteFailure(shared_,
              Failure{.service = pending.service.text(),
                      .peer = pending.peer,
                      .direction = Failure::Direction::kOut,
                      .principal = pending.identity,
                      .text = text},
              code == ipc::FailureCode::kRefused ? "handshake-refused" : "handshake-failed",
              counter);
  AnswerFailed(shared_, client, request, code, text, authenticated);
}

void InitiateHandshakes::ClientGone(ClientId client) {
  std::erase_if(pending_, [client](const auto& entry) { return entry.second.client == client; });
}

void InitiateHandshakes::Expire(TimePoint now) {
  shared_.counters[kHandshakesAbandoned] +=
      std::erase_if(pending_, [now](const auto& entry) { return entry.second.ends <= now; });
}

}  // namespace funnel::authd
