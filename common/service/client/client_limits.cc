#include "common/service/client/client_limits.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace funnel::service {
namespace {

constexpr std::size_t kNetworkBytes = 8;
// A datagram of any size passes, however small the rate in bytes is; over a connection, a frame.
constexpr double kLargestDatagram = 65536;

TokenBucket::Rate RateOf(std::uint64_t per_second) { return {static_cast<double>(per_second)}; }

TokenBucket::Rate ByteRateOf(std::uint64_t per_second) {
  const auto rate = static_cast<double>(per_second);
  return {rate, std::max(rate, kLargestDatagram)};
}

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
  Client& known = Find(client, service.client_table);
  if (known.news.Take(RateOf(service.client_new_rate), now)) return std::nullopt;
  return Refuse(known, Limit::kNew, now);
}

std::optional<ClientLimits::Refusal> ClientLimits::AdmitDatagram(
    const config::ServiceConfig& service, const SocketAddress& client, std::size_t bytes,
    TimePoint now) {
  // This concerns existing flows, too: a list that was made shorter takes effect at once.
  if (!Allows(service, client)) return Refusal{Limit::kNetwork, /*report=*/true};
  const std::uint32_t datagrams = service.client_datagram_rate;
  const std::uint64_t most_bytes = service.client_byte_rate_bytes;
  if (datagrams == 0 && most_bytes == 0) return std::nullopt;
  Client& known = Find(client, service.client_table);
  if (datagrams > 0 && !known.datagrams.Take(RateOf(datagrams), now))
    return Refuse(known, Limit::kDatagrams, now);
  const auto size = static_cast<double>(bytes);
  if (most_bytes > 0 && !known.bytes.Take(ByteRateOf(most_bytes), now, size))
    return Refuse(known, Limit::kBytes, now);
  return std::nullopt;
}

void ClientLimits::SpendBytes(const config::ServiceConfig& service, const SocketAddress& client,
                              std::size_t bytes, TimePoint now) {
  Find(client, service.client_table)
      .bytes.Spend(ByteRateOf(service.client_byte_rate_bytes), now, static_cast<double>(bytes));
}

TimePoint ClientLimits::BytesFreeAt(const config::ServiceConfig& service,
                                    const SocketAddress& client, TimePoint now) {
  return Find(client, service.client_table)
      .bytes.FreeAt(ByteRateOf(service.client_byte_rate_bytes), now);
}

ClientLimits::Client& ClientLimits::Find(const SocketAddress& client, std::size_t most) {
  std::string who = ClientOf(client);
  if (const auto at = clients_.find(who); at != clients_.end()) {
    quiet_.splice(quiet_.end(), quiet_, at->second.place);
    return at->second;
  }

  while (clients_.size() >= most) {
    clients_.erase(quiet_.front());
    quiet_.pop_front();
    ++forgotten_;
  }
  Client& added = clients_[who];
  added.place = quiet_.insert(quiet_.end(), std::move(who));
  return added;
}

ClientLimits::Refusal ClientLimits::Refuse(Client& client, Limit limit, TimePoint now) {
  const bool report = client.reported == TimePoint{} || now - client.reported >= kReportInterval;
  if (report) client.reported = now;
  return {limit, report};
}

void LogRefusal(const config::ServiceConfig& service, const SocketAddress& client,
                const ClientLimits::Refusal& refusal) {
  if (!refusal.report) return;
  const bool waits =
      refusal.limit == ClientLimits::Limit::kBytes && service.protocol == config::Protocol::kTcp;
  Log(LogLevel::kWarning, "client-limited",
      client.Unmapped().ip_text() + (waits ? " has to wait: " : " is turned away: ") +
          std::string(KeyOf(refusal.limit)),
      {{"SERVICE", service.name.text()},
       {"CLIENT", client.Unmapped().ip_text()},
       {"LIMIT", KeyOf(refusal.limit)}});
}

}  // namespace funnel::service
