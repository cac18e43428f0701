#include "funnel-authd/edge_contexts.h"

#include "common/base/log.h"
#include "common/seal/derive.h"
#include "funnel-authd/rules.h"

namespace funnel::authd {
namespace {

void AnswerTooMany(SharedState& shared, ClientId client, std::uint32_t request) {
  ++shared.counters[kBusy];
  AnswerFailed(shared, client, request, ipc::FailureCode::kBusy, "too many contexts");
}

}  // namespace

void AnswerFailed(SharedState& shared, ClientId client, std::uint32_t request,
                  ipc::FailureCode code, std::string text, bool authenticated) {
  shared.clients.Send(client, ipc::Failed{request, code, std::move(text), authenticated});
}

void GiveContext(SharedState& shared, EdgeContext given) {
  auto allowed = RequireStillAllowed(*shared.config, given.service, given.role,
                                     given.local_principal, given.peer_principal);
  if (!allowed) {
    ++shared.counters[kRequestsDenied];
    return AnswerFailed(shared, given.client, given.request, ipc::FailureCode::kNotAllowed,
                        allowed.error().message);
  }

  Established& established = given.established;
  const auto id = shared.contexts.Add(ContextRecord{.client = given.client,
                                                    .service = given.service,
                                                    .role = given.role,
                                                    .local_principal = given.local_principal,
                                                    .peer_principal = given.peer_principal,
                                                    .suite = established.suite,
                                                    .exporter = established.exporter.Clone()});
  if (!id) return AnswerTooMany(shared, given.client, given.request);
  shared.counters[kContexts] = shared.contexts.size();
  Log(LogLevel::kInfo, "context", "gave the edge its channel's key",
      {{"SERVICE", given.service.text()},
       {"LOCAL", given.local_principal},
       {"REMOTE", given.peer_principal},
       {"SUITE", std::to_string(established.suite)}});

  ipc::Context context;
  context.request = given.request;
  context.context = id->value();
  context.role = static_cast<std::uint8_t>(given.role);
  context.enctype = established.enctype;
  context.key = std::move(established.key);
  context.local_principal = std::move(given.local_principal);
  context.peer_principal = std::move(given.peer_principal);
  context.expires = established.expires;
  context.confirm = std::move(established.confirm);
  context.exporter = std::move(established.exporter);
  context.reply_token = std::move(given.reply_token);
  context.features = established.features.bits();
  context.suite = established.suite;
  context.unproven = established.unproven;
  context.why_not_better = std::move(established.why_not_better);
  shared.clients.Send(given.client, context);
}

void Announce(SharedState& shared, ClientId client, const ipc::Announce& message) {
  const auto role = static_cast<wire::Role>(message.role);
  Result<> allowed = Fail("no such role");
  if (role == wire::Role::kInitiator || role == wire::Role::kAcceptor)
    allowed = RequireStillAllowed(*shared.config, message.service, role, message.local_principal,
                                  message.peer_principal);
  if (allowed && message.exporter.size() != seal::kExporterSize)
    allowed = Fail("the exporter secret has not its size");
  if (allowed && wire::FindSuite(message.suite) == nullptr)
    allowed = Fail("no suite has the number " + std::to_string(message.suite));

  if (!allowed) {
    ++shared.counters[kRequestsDenied];
    return AnswerFailed(shared, client, message.request, ipc::FailureCode::kNotAllowed,
                        allowed.error().message);
  }

  const auto id = shared.contexts.Add(ContextRecord{.client = client,
                                                    .service = message.service,
                                                    .role = role,
                                                    .local_principal = message.local_principal,
                                                    .peer_principal = message.peer_principal,
                                                    .suite = message.suite,
                                                    .exporter = message.exporter.Clone()});

  if (!id) return AnswerTooMany(shared, client, message.request);
  shared.counters[kContexts] = shared.contexts.size();
  shared.clients.Send(client, ipc::Announced{message.request, id->value()});
}

}  // namespace funnel::authd
