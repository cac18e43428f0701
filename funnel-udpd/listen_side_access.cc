// What a ListenSide logs about its clients: who was refused, and what the others had (access-log).
#include <ctime>

#include "funnel-udpd/listen_side.h"

namespace funnel::udpd {

bool ListenSide::IsWithinLimits(const SocketAddress& client, std::size_t bytes, TimePoint now) {
  const auto refusal = shared_.clients.AdmitDatagram(shared_.service, client, bytes, now);
  if (refusal) OnRefused(client, *refusal);
  return !refusal;
}

void ListenSide::OnRefused(const SocketAddress& client,
                           const service::ClientLimits::Refusal& refusal) {
  using Limit = service::ClientLimits::Limit;
  shared_.Count(refusal.limit == Limit::kNetwork     ? kClientsTurnedAway
                : refusal.limit == Limit::kNew       ? kClientNewsOverRate
                : refusal.limit == Limit::kDatagrams ? kClientDatagramsOverRate
                                                     : kClientBytesOverRate);
  shared_.Count(kRatesForgotten, shared_.clients.rates().TakeForgotten());
  shared_.Gauge(kClientLimitedAt) = static_cast<std::uint64_t>(std::time(nullptr));
  service::LogRefusal(shared_.service, client, refusal);
}

void ListenSide::LogAccess(const Flow& flow, const service::AccessEnd& end) {
  if (shared_.service.access_log == config::AccessForm::kNo) return;
  const service::ChannelHandle* channel = flow.channel;
  const bool logged = shared_.access_log.Write(
      shared_.service, {.client = flow.key.client.Unmapped().text(),
                        .local = flow.key.local.Unmapped().text(),
                        .peer = channel != nullptr ? channel->peer() : shared_.service.peer,
                        .principal = channel != nullptr ? channel->remote_principal() : "",
                        .backend = {},
                        .counts = flow.counts,
                        .opened = flow.opened(),
                        .ended = Now(),
                        .end = end});
  if (!logged) shared_.Count(kAccessLinesLost);
}

}  // namespace funnel::udpd
