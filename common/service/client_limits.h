// What one client of a listening service may ask for, by its address: whether it may at all
// (client-allow), and how much of everything a second (client-new-rate, client-datagram-rate,
// client-byte-rate). A client is an IPv4 address, or the network of 64 bits that an IPv6 host has
// to itself (RFC 4291 section 2.5.4).
//
// Whose rates are known is bounded by client-table; who has been quiet longest is forgotten first.
// An address costs nothing to make up in UDP, so somebody who forges them can have others
// forgotten, whose rates begin anew then: no worse than without rates.
//
// No I/O and no clock: the owner counts and logs what is turned away. On the loop's thread.
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
#include "common/config/model.h"

namespace funnel::service {

// Whom an address belongs to; for tables, not to be read.
[[nodiscard]] std::string ClientOf(const SocketAddress& address);

class ClientLimits {
 public:
  // Of one client and one reason there is a line to be logged so often.
  static constexpr std::chrono::seconds kTellInterval{60};
  enum class Limit { kNetwork, kNew, kSessions, kDatagrams, kBytes };
  struct Refusal {
    Limit limit = Limit::kNetwork;
    bool tell = false;  // it is time for a log line about this client
  };

  // CLIENT comes with something new: a connection, a flow. nullopt: it may, by what SERVICE says.
  [[nodiscard]] std::optional<Refusal> AdmitNew(const config::ServiceConfig& service,
                                                const SocketAddress& client, TimePoint now);
  // A datagram of CLIENT's, of whatever flow.
  [[nodiscard]] std::optional<Refusal> AdmitDatagram(const config::ServiceConfig& service,
                                                     const SocketAddress& client, std::size_t bytes,
                                                     TimePoint now);
  // CLIENT has as many connections as it may: the owner counts those.
  [[nodiscard]] Refusal RefuseSession(const config::ServiceConfig& service,
                                      const SocketAddress& client, TimePoint now) {
    return Refuse(Find(client, service.client_table), Limit::kSessions, now);
  }
  // How many were forgotten to make room since this was called last.
  [[nodiscard]] std::uint64_t TakeForgotten() { return std::exchange(forgotten_, 0); }
  [[nodiscard]] std::size_t size() const { return clients_.size(); }

 private:
  struct Client {
    TokenBucket news, datagrams, bytes;
    TimePoint told{};
    std::list<std::string>::iterator place;  // in quiet_
  };

  // CLIENT's, which is the last to be forgotten now, of MOST.
  [[nodiscard]] Client& Find(const SocketAddress& client, std::size_t most);
  [[nodiscard]] static Refusal Refuse(Client& client, Limit limit, TimePoint now);

  std::unordered_map<std::string, Client> clients_;
  std::list<std::string> quiet_;  // the longest quiet first
  std::uint64_t forgotten_ = 0;
};

// Writes the line about it, if it is time for one.
void LogRefusal(const config::ServiceConfig& service, const SocketAddress& client,
                const ClientLimits::Refusal& refusal);

}  // namespace funnel::service
