// The steps of a handshake: what is bound to what, and which keys come out. The channels of
// services and @peer share them.
//
// No state and no loop. Begin... and Accept... may wait for a KDC or a file; Finish... and
// Conclude... compute with ephemeral shares. So all of them run on a worker.
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

// Why the peer refused: in its own words where they are proven to be its own; otherwise what an
// unauthenticated REFUSED may mean.
struct PeerRefusal {
  std::string text;
  bool authenticated = false;
  // The acceptor may have new keys, for which our tickets are too old: get others for the next try.
  // An attacker on the path can make us do that at each try, which comes every few seconds.
  bool doubts_ticket = false;
};
[[nodiscard]] PeerRefusal ReadRefusal(BegunOpen& begun, ByteView refused_body);

// --- a new channel, acceptor

// IDENTITY is ours. Empty: any principal of the keytab (for @peer, where only the token says
// which).
[[nodiscard]] Result<gss::Acceptance> AcceptOpen(gss::CredentialStore& credentials,
                                                 const std::string& identity, ByteView open_body);
struct ConcludedOpen {
  Established established;
  Bytes opened_body;
};
// What this end can do. OPENED names those features that the initiator can use, too, and the suite.
struct AcceptorTerms {
  wire::Features features;
  wire::SuiteList suites;  // those that can be used here
};
// Call it only where ACCEPTANCE is of an initiator that may have what it asks for: it answers with
// shares.
[[nodiscard]] Result<ConcludedOpen> ConcludeOpen(gss::Acceptance& acceptance, ByteView open_body,
                                                 const AcceptorTerms& terms);
// Makes a REFUSED body whose reason only the authenticated initiator can read.
[[nodiscard]] Bytes RefuseAuthenticated(const gss::Acceptance& acceptance, const std::string& why);
[[nodiscard]] Bytes RefuseUnauthenticated(wire::RefusalCode code);

// --- the next epoch of a channel

// What the channel has, and what the handshake is bound to.
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
// REPLY is the body of the acceptor's REKEY.
[[nodiscard]] Result<Established> FinishRekey(BegunRekey& begun, std::uint16_t suite, Epoch epoch,
                                              ByteView reply);
struct AcceptedRekey {
  Established established;
  Bytes reply;  // for REKEY
};
// INITIATOR must be the one of the first handshake. BODY is that of its REKEY.
[[nodiscard]] Result<AcceptedRekey> AcceptRekey(gss::CredentialStore& credentials,
                                                const std::string& identity,
                                                const std::string& initiator,
                                                const RekeyTerms& terms, ByteView body);

}  // namespace funnel::authd
