#include "common/service/client/client_limits.h"

#include <algorithm>

#include "common/base/log.h"

namespace funnel::service {
namespace {

constexpr std::size_t kNetworkBytes = 8;

bool Allows(const config::ServiceConfig& service, const SocketAddress& client) {
  if (service.client_allow.empty()) return true;
  const SocketAddress plain = client.Unmapped();
  return std::ranges::any_of(service.client_allow,
                             [&](const config::Network& one) { return one.Contains(plain); });
}

// The key that sets LIMIT.
std::string_view KeyOf(ClientLimits::Limit limit) {
  switch (limit) {
    case ClientLimits::Limit::kNetwork:
      return "client-allow";
    case ClientLimits::Limit::kNew:
      return "client-new-rate";
    case ClientLimits::Limit::kSessions:
      return "max-sessions-per-client";
    case ClientLimits::Limit::kDatagrams:
      return "client-datagram-rate";
    case ClientLimits::Limit::kBytes:
      return "client-byte-rate";
  }
  return "";
}

}  // namespace

std::string ClientOf(const SocketAddress& address) {
  const SocketAddress client = address.Unmapped();
  // All hosts of a link share fe80::/64, so all 128 bits count there.
  const bool whole = client.ip_bytes().starts_with("\xfe\x80");
  return std::string(client.ip_bytes().substr(0, whole ? std::string::npos : kNetworkBytes));
}

std::optional<ClientLimits::Refusal> ClientLimits::AdmitNew(const config::ServiceConfig& service,
                                                            const SocketAddress& client,
                                                            TimePoint now) {
  // Such a client gets no place in the table, whatever it does.
  if (!Allows(service, client)) return Refusal{Limit::kNetwork, /*report=*/true};
  if (service.client_new_rate == 0) return std::nullopt;
  return rates_.AdmitNew(ClientRates(service), ClientOf(client), now);
}

std::optional<ClientLimits::Refusal> ClientLimits::AdmitDatagram(
    const config::ServiceConfig& service, const SocketAddress& client, std::size_t bytes,
    TimePoint now) {
  // This concerns existing flows, too: a list that was made shorter takes effect at once.
  if (!Allows(service, client)) return Refusal{Limit::kNetwork, /*report=*/true};
  if (service.client_datagram_rate == 0 && service.client_byte_rate_bytes == 0) return std::nullopt;
  return rates_.AdmitDatagram(ClientRates(service), ClientOf(client), bytes, now);
}

void LogRefusal(const config::ServiceConfig& service, const SocketAddress& client,
                const ClientLimits::Refusal& refusal) {
  if (!refusal.report) return;
  const bool waits =
      refusal.limit == ClientLimits::Limit::kBytes && config::HasConnections(service.protocol);
  Log(LogLevel::kWarning, "client-limited",
      client.Unmapped().ip_text() + (waits ? " has to wait: " : " is turned away: ") +
          std::string(KeyOf(refusal.limit)),
      {{"SERVICE", service.name.text()},
       {"CLIENT", client.Unmapped().ip_text()},
       {"LIMIT", KeyOf(refusal.limit)}});
}

}  // namespace funnel::service
