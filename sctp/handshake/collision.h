// What a COOKIE ECHO means where an association is already (RFC 9260 section 5.2.4, table 12).
#pragma once

#include "sctp/handshake/cookie.h"

namespace sctp {

// What the association knows of itself.
struct AssociationTags {
  VerificationTag own, peer;  // peer's is 0 while it is not known
  std::uint32_t own_tie = 0, peer_tie = 0;
};

enum class CookieMeaning {
  kRestart,    // A: the peer has restarted
  kCollision,  // B: both began at once; the peer's new tag holds
  kLate,       // C: of an attempt that this association has overtaken; discarded
  kDuplicate,  // D: acknowledged again
  kNone,       // none of these; discarded
};

[[nodiscard]] inline CookieMeaning JudgeCookie(const AssociationTags& here, const Cookie& cookie) {
  const bool own = cookie.own_tag == here.own;
  const bool peer = cookie.peer_tag == here.peer && here.peer != VerificationTag(0);
  const bool no_ties = cookie.own_tie == 0 && cookie.peer_tie == 0;
  if (own) return peer ? CookieMeaning::kDuplicate : CookieMeaning::kCollision;
  if (peer) return no_ties ? CookieMeaning::kLate : CookieMeaning::kNone;
  const bool ties = cookie.own_tie == here.own_tie && cookie.peer_tie == here.peer_tie && !no_ties;
  return ties ? CookieMeaning::kRestart : CookieMeaning::kNone;
}

}  // namespace sctp
