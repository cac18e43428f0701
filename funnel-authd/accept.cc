#include "funnel-authd/accept.h"

#include "common/base/log.h"
#include "funnel-authd/edge_contexts.h"
#include "funnel-authd/suites.h"

namespace funnel::authd {

template <typename Outcome>
bool AcceptHandshakes::Run(ClientId client, const std::string& key, std::function<void()> too_late,
                           std::move_only_function<Outcome()> work,
                           std::move_only_function<void(Outcome)> then) {
  auto ask = shared_.asks.Open(client, shared_.handshake_timeout(), [this, too_late] {
    ++shared_.counters[kHandshakesTimedOut];
    too_late();
  });
  const bool queued = shared_.accept_pool.Submit(
      key,
      [this, ask, work = std::move(work),
       then = std::move(then)]() mutable -> event::WorkPool::Answer {
        return [this, ask, outcome = work(), then = std::move(then)]() mutable {
          if (shared_.asks.Close(ask)) then(std::move(outcome));
        };
      });
  if (!queued) (void)shared_.asks.Close(ask);
  return queued;
}

void AcceptHandshakes::JudgeInitiator(const config::Configuration& config,
                                      const config::ServiceConfig& service,
                                      const wire::OpenBody& open, Verdict& verdict) {
  auto allowed = RequireAccepted(service, verdict.initiator);
  if (allowed) allowed = RequireSameKind(service, open.features);
  if (allowed) {
    allowed = RequireNoCircle(config, service, open);
    verdict.circle = !allowed;
  }
  if (!allowed) verdict.refusal = allowed.error().message;
}

AcceptHandshakes::Verdict AcceptHandshakes::Judge(gss::CredentialStore& credentials,
                                                  const config::Configuration& config,
                                                  const config::ServiceConfig& service,
                                                  const wire::OpenBody& open, ByteView open_body) {
  Verdict verdict{.fed_by = open.fed_by};
  auto refuse = [&verdict](const Error& error) {
    verdict.refusal = error.message;
    verdict.refused_body = RefuseUnauthenticated(wire::RefusalCode::kRefused);
    return std::move(verdict);
  };
  auto acceptance = AcceptOpen(credentials, service.identity.text(), open_body);
  if (!acceptance) return refuse(acceptance.error());
  verdict.initiator = acceptance->initiator();
  JudgeInitiator(config, service, open, verdict);
  if (verdict.refusal) {
    verdict.refused_body = RefuseAuthenticated(*acceptance, *verdict.refusal);
    return verdict;
  }
  const AcceptorTerms terms{.features = FeaturesOf(service),
                            .suites = UsableSuites(service.suites)};
  auto concluded = ConcludeOpen(*acceptance, open_body, terms);
  if (!concluded) return refuse(concluded.error());
  verdict.concluded = *std::move(concluded);
  return verdict;
}

void AcceptHandshakes::On(ClientId sctpd, const ipc::Accept& message) {
  Request request{.client = sctpd, .request = message.request, .peer = message.peer};
  auto open = wire::OpenBody::Parse(message.open_body);
  if (!open) return Refuse(request, wire::RefusalCode::kRefused, open.error().message, "", {});

  request.wire_name = open->service;
  auto service = ServiceForOpen(*shared_.config, *open, message.peer);
  if (!service) return Refuse(request, service.error().code, service.error().text, "", {});
  request.service = (*service)->name;
  request.identity = (*service)->identity.text();

  if (!shared_.claims.HasRoom(request.service)) return RefuseForClaims(request);

  const bool queued = Run<Verdict>(
      sctpd, request.service.text(),
      [this, request] {
        Refuse(request, wire::RefusalCode::kBusy, "the token was not accepted in time", "", {});
      },
      // The job keeps the configuration alive: SERVICE points into it.
      [config = shared_.config, credentials = shared_.credentials, service = *service,
       open = *std::move(open), open_body = message.open_body] {
        return Judge(*credentials, *config, *service, open, open_body);
      },
      [this, request](Verdict verdict) { OnVerdict(request, std::move(verdict)); });

  if (queued) return;
  ++shared_.counters[kBusy];
  Refuse(request, wire::RefusalCode::kBusy, "too many handshakes", "", {});
}

void AcceptHandshakes::OnVerdict(const Request& request, Verdict verdict) {
  if (verdict.circle) ++shared_.counters[kCirclesRefused];
  if (verdict.refusal)
    return Refuse(request, wire::RefusalCode::kRefused, *verdict.refusal, verdict.initiator,
                  std::move(verdict.refused_body));

  auto claim =
      shared_.claims.Put(AcceptedContext{.service = request.service,
                                         .local_principal = request.identity,
                                         .peer_principal = verdict.initiator,
                                         .established = std::move(verdict.concluded.established)},
                         Now());
  if (!claim) return RefuseForClaims(request);

  ++shared_.counters[kAccepted];
  ++shared_.counters[kClaimsIssued];
  shared_.circles.Learn(request.service, request.peer, std::move(verdict.fed_by));
  Log(LogLevel::kInfo, "handshake-accepted", "accepted a channel",
      {{"SERVICE", request.service.text()},
       {"PEER", request.peer},
       {"PRINCIPAL", verdict.initiator}});

  shared_.clients.Send(request.client,
                       ipc::Accepted{.request = request.request,
                                     .service = request.service,
                                     .claim = *std::move(claim),
                                     .opened_body = std::move(verdict.concluded.opened_body)});
}

void AcceptHandshakes::RefuseForClaims(const Request& request) {
  ++shared_.counters[kBusy];
  Refuse(request, wire::RefusalCode::kBusy, "too many claims wait for their edges", "", {});
}

void AcceptHandshakes::Refuse(const Request& request, wire::RefusalCode code,
                              const std::string& text, const std::string& initiator,
                              Bytes refused_body) {
  if (refused_body.empty()) refused_body = RefuseUnauthenticated(code);
  const std::string& name =
      request.service.text().empty() ? request.wire_name : request.service.text();
  NoteFailure(shared_,
              Failure{.service = name,
                      .peer = request.peer,
                      .direction = Failure::Direction::kIn,
                      .principal = initiator,
                      .text = text},
              "handshake-refused", kRefusedByUs);
  shared_.clients.Send(request.client, ipc::AcceptRefused{.request = request.request,
                                                          .code = static_cast<std::uint16_t>(code),
                                                          .service = request.wire_name,
                                                          .text = text,
                                                          .refused_body = std::move(refused_body)});
}

void AcceptHandshakes::On(ClientId, const ipc::DropClaim& message) {
  shared_.claims.Drop(message.claim.view());
}

void AcceptHandshakes::On(ClientId edge, const ipc::Redeem& message) {
  auto context = shared_.claims.Redeem(message.claim.view(), message.service, Now());
  if (!context)
    return AnswerFailed(shared_, edge, message.request, ipc::FailureCode::kUnknown,
                        context.error().message);
  ++shared_.counters[kClaimsRedeemed];
  GiveContext(shared_, EdgeContext{.client = edge,
                                   .request = message.request,
                                   .service = context->service,
                                   .role = wire::Role::kAcceptor,
                                   .local_principal = context->local_principal,
                                   .peer_principal = context->peer_principal,
                                   .established = std::move(context->established)});
}

void AcceptHandshakes::On(ClientId edge, const ipc::AcceptRekey& message) {
  const ContextRecord* old = shared_.contexts.Find(ContextId(message.context), edge);
  if (old == nullptr || old->role != wire::Role::kAcceptor)
    return AnswerFailed(shared_, edge, message.request, ipc::FailureCode::kUnknown,
                        "no such context to rekey");

  EdgeContext next{.client = edge,
                   .request = message.request,
                   .service = old->service,
                   .role = wire::Role::kAcceptor,
                   .local_principal = old->local_principal,
                   .peer_principal = old->peer_principal};

  const bool queued = Run<Result<AcceptedRekey>>(
      edge, old->service.text(),
      [this, edge, request = message.request] {
        AnswerFailed(shared_, edge, request, ipc::FailureCode::kBusy,
                     "the token was not accepted in time");
      },
      [credentials = shared_.credentials, local = old->local_principal, peer = old->peer_principal,
       terms = RekeyTerms{old->suite, message.epoch, old->exporter.Clone()},
       body = message.token] { return authd::AcceptRekey(*credentials, local, peer, terms, body); },
      [this, next = std::move(next)](Result<AcceptedRekey> accepted) mutable {
        if (!accepted) {
          NoteFailure(shared_,
                      Failure{.service = next.service.text(),
                              .direction = Failure::Direction::kIn,
                              .principal = next.peer_principal,
                              .text = accepted.error().message},
                      "rekey-failed", kHandshakesFailed);
          return AnswerFailed(shared_, next.client, next.request, ipc::FailureCode::kProtocol,
                              accepted.error().message);
        }
        ++shared_.counters[kRekeys];
        next.established = std::move(accepted->established);
        next.reply_token = std::move(accepted->reply);
        GiveContext(shared_, std::move(next));
      });

  if (queued) return;
  ++shared_.counters[kBusy];
  AnswerFailed(shared_, edge, message.request, ipc::FailureCode::kBusy, "too many handshakes");
}

}  // namespace funnel::authd
