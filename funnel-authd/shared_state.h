// What all parts of authd share. The server owns it, and it is used on the loop's thread; workers
// get copies of the two shared pointers and nothing else.
#pragma once

#include <memory>

#include "common/config/model.h"
#include "common/event/loop.h"
#include "common/event/work_pool.h"
#include "common/gss/credentials.h"
#include "common/ipc/codec.h"
#include "common/metrics/counters.h"
#include "funnel-authd/asks.h"
#include "funnel-authd/circles.h"
#include "funnel-authd/claims.h"
#include "funnel-authd/contexts.h"
#include "funnel-authd/counters.h"
#include "funnel-authd/failures.h"
#include "funnel-authd/peer/peer_accepts.h"

namespace funnel::authd {

// Where answers are sent. An answer to a client that is gone is dropped; that is no failure.
class Clients {
 public:
  virtual ~Clients() = default;
  virtual void SendPacket(ClientId client, Secret packet) = 0;
  template <typename Message>
  void Send(ClientId client, const Message& message) {
    SendPacket(client, ipc::Serialize(message));
  }
};

using SharedConfiguration = std::shared_ptr<const config::Configuration>;
// It is shared because workers that hang in a library call may outlive the server.
using SharedCredentials = std::shared_ptr<gss::CredentialStore>;

struct SharedState {
  event::Loop& loop;
  Clients& clients;
  SharedConfiguration config;
  SharedCredentials credentials;
  metrics::CounterFile counters;
  // Separate from the other, so that a KDC that does not answer our initiators delays no acceptor.
  event::WorkPool initiate_pool;
  event::WorkPool accept_pool;
  Asks asks;
  Contexts contexts;
  Claims claims;
  PeerAccepts peer_accepts;
  Circles circles;
  Failures failures;

  [[nodiscard]] Duration handshake_timeout() const {
    return config->node.kerberos.handshake_timeout;
  }
};

[[nodiscard]] gss::CredentialStore::Keytabs KeytabsOf(const config::Configuration& config);
[[nodiscard]] event::WorkPool::Limits InitiateLimits(const config::Configuration& config);
[[nodiscard]] event::WorkPool::Limits AcceptLimits(const config::Configuration& config);

// Logs, counts and remembers a handshake that failed.
void NoteFailure(SharedState& shared, Failure failure, std::string_view event, Counter counter);

}  // namespace funnel::authd
