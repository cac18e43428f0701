// What a ConnectSide logs about its peers: who was refused, and what the others had (access-log).
// And what the backend is told of a client.
#include <ctime>

#include "common/base/log.h"
#include "common/service/client/peer_limits.h"
#include "common/service/client/proxy_header.h"
#include "funnel-udpd/connect_side.h"
#include "funnel-udpd/flow_owner.h"

namespace funnel::udpd {

bool ConnectSide::MayBegin(const service::ChannelHandle& channel) {
  const auto refusal = shared_.peers.AdmitNew(service::PeerRates(shared_.service),
                                              channel.remote_principal(), Now());
  if (refusal) OnRefused(channel, *refusal);
  return !refusal;
}

bool ConnectSide::IsWithinLimits(const service::ChannelHandle& channel, std::size_t bytes,
                                 TimePoint now) {
  const auto rates = service::PeerRates(shared_.service);
  if (rates.datagrams == 0 && rates.bytes == 0) return true;
  const auto refusal = shared_.peers.AdmitDatagram(rates, channel.remote_principal(), bytes, now);
  if (refusal) OnRefused(channel, *refusal);
  return !refusal;
}

void ConnectSide::OnRefused(const service::ChannelHandle& channel,
                            const service::RateLimits::Refusal& refusal) {
  using Limit = service::RateLimits::Limit;
  shared_.Count(refusal.limit == Limit::kNew         ? kPeerNewsOverRate
                : refusal.limit == Limit::kDatagrams ? kPeerDatagramsOverRate
                                                     : kPeerBytesOverRate);
  shared_.Count(kRatesForgotten, shared_.peers.TakeForgotten());
  shared_.Gauge(kPeerLimitedAt) = static_cast<std::uint64_t>(std::time(nullptr));
  service::LogPeerRefusal(shared_.service, channel.peer(), channel.remote_principal(), refusal);
}

Result<Bytes> ConnectSide::PrefaceFor(service::ChannelHandle& channel,
                                      const wire::SessionInfo& info) {
  if (!service::StatesClients(shared_.service)) return Bytes();
  ChannelFlows& flows = FlowsOf(channel);
  if (!flows.policy || flows.policy_of != generation_) {
    flows.policy.emplace(shared_.service, configuration_.FindPeer(channel.peer()),
                         service::OwnAddresses());
    flows.policy_of = generation_;
  }

  auto header =
      service::ProxyHeaderFor(shared_.service, *flows.policy, info, channel.remote_principal());
  if (header) return header;
  shared_.Count(kClientsNotAllowed);
  Log(LogLevel::kWarning, "client-not-allowed", header.error().message,
      {{"SERVICE", shared_.service.name.text()}});
  return header;
}

void ConnectSide::ConfigureChecks() {
  checker_.Configure(shared_.backends, service::ProxyHeaderOfOwn(shared_.service.proxy_protocol));
}

void ConnectSide::LogAccess(const BackendFlow& flow, const service::AccessEnd& end) {
  if (shared_.service.access_log == config::AccessForm::kNo) return;
  const FlowOwner owner = FlowOwner::Of(flow.who());
  const bool logged = shared_.access_log.Write(
      shared_.service, {.client = owner.client,
                        .local = owner.local,
                        .peer = flow.channel != nullptr ? flow.channel->peer() : "",
                        .principal = owner.principal,
                        .backend = flow.connected() ? flow.target().text() : BackendText(flow),
                        .counts = flow.counts,
                        .opened = flow.opened(),
                        .ended = Now(),
                        .end = end});
  if (!logged) shared_.Count(kAccessLinesLost);
}

}  // namespace funnel::udpd
