// The steps of a handshake: what is bound to what, and what comes out. Shared by the channels of
// services and by @peer.
//
// No state and no loop. Begin... and Accept... may wait for a KDC or a file; Finish... and
// Conclude... compute with ephemeral shares: all of them run on a worker.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/gss/acceptor.h"
#include "common/gss/credentials.h"
#include "common/gss/initiator.h"
#include "common/seal/key_shares.h"
#include "common/wire/frame/open.h"
#include "funnel-authd/agreement.h"
#include "funnel-authd/rules.h"

namespace funnel::authd {

// --- a new channel, initiator

struct BegunOpen {
  gss::Initiation initiation;
  std::optional<seal::KeyShares> shares;  // where a suite above 1 is offered
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
// What this end can do: OPENED says what of it the initiator can too, and which suite it is.
struct AcceptorTerms {
  wire::Features features;
  wire::SuiteList suites;  // usable ones
};
// ACCEPTANCE is of an initiator that may have what it asks for: only then shares are answered.
[[nodiscard]] Result<ConcludedOpen> ConcludeOpen(gss::Acceptance& acceptance, ByteView open_body,
                                                 const AcceptorTerms& terms);
// A REFUSED body that gives the reason to the authenticated initiator, and to nobody else.
[[nodiscard]] Bytes RefuseAuthenticated(const gss::Acceptance& acceptance, const std::string& why);
[[nodiscard]] Bytes RefuseUnauthenticated(wire::RefusalCode code);

// --- the next epoch of a channel

// What the channel has, and what the run is bound to.
struct RekeyTerms {
  std::uint16_t suite = wire::kSuiteRfc4121;  // fixed for the channel's life
  Epoch epoch;                                // the new one
  Secret exporter;                            // of the old one
};
struct BegunRekey {
  gss::Initiation initiation;
  std::optional<seal::KeyShares> shares;  // in suites above 1
  Bytes body;                             // for REKEY
};
[[nodiscard]] Result<BegunRekey> BeginRekey(gss::CredentialStore& credentials,
                                            const std::string& identity, const std::string& expect,
                                            const RekeyTerms& terms);
// REPLY: what came in the acceptor's REKEY.
[[nodiscard]] Result<Established> FinishRekey(BegunRekey& begun, std::uint16_t suite, Epoch epoch,
                                              ByteView reply);
struct AcceptedRekey {
  Established established;
  Bytes reply;  // for REKEY
};
// INITIATOR must be who it was in the first handshake. BODY: what came in its REKEY.
[[nodiscard]] Result<AcceptedRekey> AcceptRekey(gss::CredentialStore& credentials,
                                                const std::string& identity,
                                                const std::string& initiator,
                                                const RekeyTerms& terms, ByteView body);

}  // namespace funnel::authd
