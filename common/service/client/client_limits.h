// What one client of a listening service may ask for, by its address: whether it may use the
// service at all (client-allow), and how much a second (client-new-rate, client-datagram-rate,
// client-byte-rate). A client is an IPv4 address, or the network of 64 bits that an IPv6 host has
// to itself (RFC 4291 section 2.5.4).
//
// client-table limits how many clients' rates are stored; the one that has been quiet longest is
// forgotten first. In UDP anybody can make up addresses, so a forger can have others forgotten.
// Their rates begin again then, which is no worse than having none.
//
// No I/O and no clock: the owner counts and logs refusals. Thread: the loop's.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/clock.h"
#include "common/base/socket_address.h"
#include "common/base/token_bucket.h"
#include "common/config/service_config.h"

namespace funnel::service {

// The client that an address belongs to: a key for tables, not text to read.
[[nodiscard]] std::string ClientOf(const SocketAddress& address);

class ClientLimits {
 public:
  // How often a line is logged for one client and one reason.
  static constexpr std::chrono::seconds kReportInterval{60};
  enum class Limit { kNetwork, kNew, kSessions, kDatagrams, kBytes };
  struct Refusal {
    Limit limit = Limit::kNetwork;
    bool report = false;  // a log line about this client is due
  };

  // CLIENT begins something: a connection, a flow. nullopt: SERVICE allows it.
  [[nodiscard]] std::optional<Refusal> AdmitNew(const config::ServiceConfig& service,
                                                const SocketAddress& client, TimePoint now);
  // CLIENT sends a datagram, in any flow.
  [[nodiscard]] std::optional<Refusal> AdmitDatagram(const config::ServiceConfig& service,
                                                     const SocketAddress& client, std::size_t bytes,
                                                     TimePoint now);
  // CLIENT has sent BYTES over connections, beyond its rate if need be.
  void SpendBytes(const config::ServiceConfig& service, const SocketAddress& client,
                  std::size_t bytes, TimePoint now);
  // When as many as it sent are within its rate, which SERVICE has; NOW if they are.
  [[nodiscard]] TimePoint BytesFreeAt(const config::ServiceConfig& service,
                                      const SocketAddress& client, TimePoint now);
  // CLIENT has as many connections as it may have, which the owner counts.
  [[nodiscard]] Refusal RefuseSession(const config::ServiceConfig& service,
                                      const SocketAddress& client, TimePoint now) {
    return Refuse(Find(client, service.client_table), Limit::kSessions, now);
  }
  // CLIENT has to wait because of its rate.
  [[nodiscard]] Refusal DelayBytes(const config::ServiceConfig& service,
                                   const SocketAddress& client, TimePoint now) {
    return Refuse(Find(client, service.client_table), Limit::kBytes, now);
  }
  // How many clients were forgotten to make room since the last call.
  [[nodiscard]] std::uint64_t TakeForgotten() { return std::exchange(forgotten_, 0); }
  [[nodiscard]] std::size_t size() const { return clients_.size(); }

 private:
  struct Client {
    TokenBucket news, datagrams, bytes;
    TimePoint reported{};
    std::list<std::string>::iterator place;  // in quiet_
  };

  // Finds or makes CLIENT's entry, which becomes the last to be forgotten; the table keeps MOST.
  [[nodiscard]] Client& Find(const SocketAddress& client, std::size_t most);
  [[nodiscard]] static Refusal Refuse(Client& client, Limit limit, TimePoint now);

  std::unordered_map<std::string, Client> clients_;
  std::list<std::string> quiet_;  // the one quiet longest is first
  std::uint64_t forgotten_ = 0;
};

// Logs the refusal if a line is due.
void LogRefusal(const config::ServiceConfig& service, const SocketAddress& client,
                const ClientLimits::Refusal& refusal);

}  // namespace funnel::service
