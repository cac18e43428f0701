#include "funnel-tcpd/sender_rates.h"

#include "common/service/client/peer_limits.h"

namespace funnel::tcpd {

SessionLimit::Slot SenderRates::TakeSlot(const std::string& principal) {
  using Limit = service::RateLimits::Limit;
  const auto rates = service::PeerRates(shared_.service);
  const TimePoint now = Now();
  const std::uint32_t most = shared_.service.max_sessions_per_peer;
  auto refusal = shared_.peers.AdmitNew(rates, principal, now);
  if (!refusal && most > 0 && shared_.limit.TakenBy(principal) >= most)
    refusal = shared_.peers.Refuse(rates, principal, Limit::kSessions, now);
  shared_.Count(kRatesForgotten, shared_.peers.TakeForgotten());
  if (refusal) {
    report_.CountPeerRefusal(*refusal);
    return {};
  }

  SessionLimit::Slot slot = shared_.limit.Take(principal);
  if (!slot) shared_.Count(kSessionsOverLimit);
  return slot;
}

std::unique_ptr<SenderRates::Reader> SenderRates::ForClient(SessionId id,
                                                            const SocketAddress& client) {
  return std::make_unique<Reader>(*this, id, service::ClientOf(client), client);
}

std::unique_ptr<SenderRates::Reader> SenderRates::ForPeer(SessionId id) {
  return std::make_unique<Reader>(*this, id, port_.peer().principal, std::nullopt);
}

bool SenderRates::MayRead(Reader& reader) {
  const bool waited = reader.waits();
  const TimePoint now = Now();
  const bool may = shared_.throttle->MayRead(reader, now);
  if (may || waited) return may;
  if (reader.client) {
    report_.CountDelay(*reader.client);
  } else {
    report_.CountPeerRefusal(shared_.peers.Refuse(service::PeerRates(shared_.service),
                                                  port_.peer().principal,
                                                  service::RateLimits::Limit::kBytes, now));
  }
  return false;
}

}  // namespace funnel::tcpd
