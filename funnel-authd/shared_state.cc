#include "funnel-authd/shared_state.h"

#include <algorithm>

#include "common/base/log.h"

namespace funnel::authd {
namespace {

// How many threads the handshakes of one service may hold at once.
constexpr std::size_t kThreadsOfOneService = 2;
constexpr std::size_t kMaxThreads = 256;

// One for each service, one for each peer, and one for all nodes that are not verified yet.
std::size_t HandshakeKeys(const config::Configuration& config) {
  return config.services.size() + config.peers.size() + 1;
}

}  // namespace

gss::CredentialStore::Keytabs KeytabsOf(const config::Configuration& config) {
  return {.accept = config.node.kerberos.keytab, .initiate = config.node.kerberos.client_keytab};
}

event::WorkPool::Limits InitiateLimits(const config::Configuration& config) {
  const auto& kerberos = config.node.kerberos;
  // If the KDCs of all services but one hang, that one still has its threads.
  const std::size_t wanted = kThreadsOfOneService * (config.services.size() + config.peers.size());
  return {.threads = kerberos.handshake_threads,
          .max_threads = std::clamp<std::size_t>(
              wanted, kerberos.handshake_threads,
              std::max<std::size_t>(kMaxThreads, kerberos.handshake_threads)),
          .queue = kerberos.handshake_queue,
          .per_key = kThreadsOfOneService,
          .known_keys = HandshakeKeys(config)};
}

event::WorkPool::Limits AcceptLimits(const config::Configuration& config) {
  const auto& kerberos = config.node.kerberos;
  // These threads wait for no KDC: more of them than processors gain nothing.
  const std::size_t threads = std::clamp<std::size_t>(kerberos.handshake_threads / 4, 1, 8);
  return {.threads = threads,
          .max_threads = threads,
          .queue = kerberos.handshake_queue,
          .per_key = std::max<std::size_t>(1, threads / 2),
          .known_keys = HandshakeKeys(config)};
}

void NoteFailure(SharedState& shared, Failure failure, std::string_view event, Counter counter) {
  ++shared.counters[counter];
  Log(LogLevel::kWarning, event, failure.text,
      {{"SERVICE", failure.service}, {"PEER", failure.peer}, {"PRINCIPAL", failure.principal}});
  shared.failures.Add(std::move(failure));
}

}  // namespace funnel::authd
