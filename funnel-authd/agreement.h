// The end of a handshake: derives the keys of one epoch of a channel from the context's key and
// from the secret that the shares agree on. In suites above 1 neither the subkey nor the secret of
// a share outlives the call.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/gss/context.h"
#include "common/wire/frame/feature_set.h"
#include "common/wire/frame/suite.h"

namespace funnel::authd {

// What both ends have afterwards; an edge gets all of it.
struct Established {
  std::uint16_t suite = static_cast<std::uint16_t>(wire::Suite::kRfc4121);
  std::uint16_t enctype = 0;  // of the Kerberos context
  Secret key;                 // what frames are sealed with: seal::FrameKeys
  Bytes confirm;              // 32 bytes
  Secret exporter;            // 32 bytes; part of the next rekey's bindings, opens nothing
  BootTime expires;           // the ticket's end
  // Set for a channel's first epoch only:
  wire::Features features;  // what both ends can do
  // More than suite 1 was offered, but the acceptor took suite 1 without a proof. Only CONFIRM will
  // show whether it chose so itself or somebody on the path did: no payload is sent before.
  bool unproven = false;
  std::string why_not_better;  // why the suite is not our best one, for people; empty: it is
};

// Suite 1. CONFIRM is the hash of HASHED.
[[nodiscard]] Established AgreeOnSubkey(gss::ContextKey key, ByteView hashed);
// Suites above 1: SHARED comes from the shares, TRANSCRIPT is what the keys are bound to.
[[nodiscard]] Established AgreeOnShares(const wire::SuiteTraits& suite, gss::ContextKey key,
                                        Secret shared, ByteView transcript);

// The acceptor's proof that MESSAGE is what it received and answered.
[[nodiscard]] Bytes ProofOf(const gss::ContextKey& key, ByteView message);
[[nodiscard]] Result<> RequireProof(const gss::ContextKey& key, ByteView message, ByteView proof);

}  // namespace funnel::authd
