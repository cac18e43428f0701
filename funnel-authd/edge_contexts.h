// Gives contexts to edges. This is the one place where a key, and what belongs to it, leaves this
// process.
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

// Checks the rules once more (they may have changed since the handshake began), enters the context
// in the table and sends it; or answers with Failed.
void GiveContext(SharedState& shared, EdgeContext given);

// For a channel that outlived the authd before us: checks the rules and enters its context again.
void Announce(SharedState& shared, ClientId client, const ipc::Announce& message);

void AnswerFailed(SharedState& shared, ClientId client, std::uint32_t request,
                  ipc::FailureCode code, std::string text, bool authenticated = false);

}  // namespace funnel::authd
