// Gives contexts to edges: the one place where a key leaves this process, and what goes with it.
#pragma once

#include "common/ipc/authd_messages.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

struct EdgeContext {
  ClientId client;
  std::uint32_t request = 0;
  ServiceName service;
  wire::Role role = wire::Role::kInitiator;
  std::string local_principal;
  std::string peer_principal;
  Established established;
  Bytes reply_token;  // of an accepted rekey
};

// Checks the rule once more (it may have changed since the handshake began), enters the context in
// the table and sends it; or answers Failed.
void GiveContext(SharedState& shared, EdgeContext given);

// A channel that outlived the authd before us: checks the rule and enters it again.
void Announce(SharedState& shared, ClientId client, const ipc::Announce& message);

void AnswerFailed(SharedState& shared, ClientId client, std::uint32_t request,
                  ipc::FailureCode code, std::string text, bool authenticated = false);

}  // namespace funnel::authd
