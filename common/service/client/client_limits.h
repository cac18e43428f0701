// What one client of a listening service may ask for, by its address: whether it may use the
// service at all (client-allow), and how much a second (client-new-rate, client-datagram-rate,
// client-byte-rate). A client is an IPv4 address, or the network of 64 bits that an IPv6 host has
// to itself (RFC 4291 section 2.5.4).
//
// rate-table limits how many clients' rates are stored. In UDP anybody can make up addresses, so a
// forger can have others forgotten.
//
// Thread: the loop's.
#pragma once

#include <optional>
#include <string>

#include "common/base/socket_address.h"
#include "common/config/service_config.h"
#include "common/service/client/rate_limits.h"

namespace funnel::service {

// The client that an address belongs to: a key for tables, not text to read.
[[nodiscard]] std::string ClientOf(const SocketAddress& address);

[[nodiscard]] inline RateLimits::Rates ClientRates(const config::ServiceConfig& service) {
  return {.news = service.client_new_rate,
          .datagrams = service.client_datagram_rate,
          .bytes = service.client_byte_rate_bytes,
          .table = service.rate_table};
}

class ClientLimits {
 public:
  using Limit = RateLimits::Limit;
  using Refusal = RateLimits::Refusal;

  // CLIENT begins something: a connection, a flow. nullopt: SERVICE allows it.
  [[nodiscard]] std::optional<Refusal> AdmitNew(const config::ServiceConfig& service,
                                                const SocketAddress& client, TimePoint now);
  // CLIENT sends a datagram, in any flow.
  [[nodiscard]] std::optional<Refusal> AdmitDatagram(const config::ServiceConfig& service,
                                                     const SocketAddress& client, std::size_t bytes,
                                                     TimePoint now);
  // CLIENT has as many connections as it may have, which the owner counts; or it has to wait.
  [[nodiscard]] Refusal Refuse(const config::ServiceConfig& service, const SocketAddress& client,
                               Limit limit, TimePoint now) {
    return rates_.Refuse(ClientRates(service), ClientOf(client), limit, now);
  }
  // By ClientOf() and ClientRates().
  [[nodiscard]] RateLimits& rates() { return rates_; }

 private:
  RateLimits rates_;
};

// Logs the refusal if a line is due.
void LogRefusal(const config::ServiceConfig& service, const SocketAddress& client,
                const ClientLimits::Refusal& refusal);

}  // namespace funnel::service
