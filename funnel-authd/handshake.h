// The steps of a handshake: what is bound to what, and what comes out. Shared by the channels of
// services and by @peer.
//
// No state and no loop: Begin... and Accept... may wait for a KDC or a file, so they run on a
// worker; Finish... do not wait.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/gss/acceptor.h"
#include "common/gss/credentials.h"
#include "common/gss/initiator.h"
#include "common/wire/frame/open.h"
#include "funnel-authd/rules.h"

namespace funnel::authd {

// What both ends have at the end.
struct Established {
  gss::ContextKey key;
  Bytes confirm;            // 32 bytes
  wire::Features features;  // what both ends can do; of a channel's first epoch only
};

// The exporter secret of an epoch: part of the next rekey's bindings.
[[nodiscard]] Secret ExporterOf(const gss::ContextKey& key);

// --- a new channel, initiator

struct BegunOpen {
  gss::Initiation initiation;
  Bytes open_body;
};
[[nodiscard]] Result<BegunOpen> BeginOpen(gss::CredentialStore& credentials,
                                          const InitiateRule& rule);
[[nodiscard]] Result<Established> FinishOpen(BegunOpen& begun, ByteView opened_body);

// Why the peer refused: its own words where they are proven to be its own, else what an
// unauthenticated REFUSED may mean.
struct PeerRefusal {
  std::string text;
  bool authenticated = false;
  // The acceptor may have new keys, which our tickets do not fit: get others for the next try. Who
  // is on the path can make us do that as often as we try, which is every few seconds.
  bool doubts_ticket = false;
};
[[nodiscard]] PeerRefusal ReadRefusal(BegunOpen& begun, ByteView refused_body);

// --- a new channel, acceptor

// IDENTITY: ours; empty: any of the keytab (@peer, where only the token says which).
[[nodiscard]] Result<gss::Acceptance> AcceptOpen(gss::CredentialStore& credentials,
                                                 const std::string& identity, ByteView open_body);
struct ConcludedOpen {
  Established established;
  Bytes opened_body;
};
// OURS: what this end can do; OPENED says what of it the initiator can too.
[[nodiscard]] Result<ConcludedOpen> ConcludeOpen(gss::Acceptance& acceptance, ByteView open_body,
                                                 wire::Features ours);
// A REFUSED body that tells the authenticated initiator, and nobody else, why.
[[nodiscard]] Bytes RefuseAuthenticated(const gss::Acceptance& acceptance, const std::string& why);
[[nodiscard]] Bytes RefuseUnauthenticated(wire::RefusalCode code);

// --- the next epoch of a channel

[[nodiscard]] Result<gss::Initiation> BeginRekey(gss::CredentialStore& credentials,
                                                 const std::string& identity,
                                                 const std::string& expect, Epoch epoch,
                                                 ByteView exporter);
[[nodiscard]] Result<Established> FinishRekey(gss::Initiation& initiation, Epoch epoch,
                                              ByteView reply);
struct AcceptedRekey {
  Established established;
  Bytes reply;
};
// INITIATOR must be who it was in the first handshake.
[[nodiscard]] Result<AcceptedRekey> AcceptRekey(gss::CredentialStore& credentials,
                                                const std::string& identity,
                                                const std::string& initiator, Epoch epoch,
                                                ByteView exporter, ByteView token);

}  // namespace funnel::authd
