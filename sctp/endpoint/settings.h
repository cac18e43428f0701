// The settings of an endpoint, and what it counts.
#pragma once

#include "sctp/association/settings.h"
#include "sctp/endpoint/strangers.h"
#include "sctp/handshake/cookie.h"

namespace sctp {

struct EndpointSettings {
  std::uint16_t port = 0;
  AssociationSettings association;
  CookieBox::Settings cookies;
  Strangers::Settings strangers;
  std::size_t max_associations = 4096;
  // What all associations before Trust() may hold together: of strangers, and as much again of
  // peers that are expected (unverified_budgets.h).
  std::size_t unverified_bytes = 8 << 20;
};

struct EndpointCounters {
  std::uint64_t packets_malformed = 0;    // too short, a bad checksum, chunks that end beyond it
  std::uint64_t packets_other_port = 0;   // not for our port
  std::uint64_t packets_bad_tag = 0;      // of no association
  std::uint64_t packets_other_place = 0;  // a right tag, from an address that is not the peer's
  std::uint64_t strangers_limited = 0, inits = 0, inits_bad = 0;
  std::uint64_t cookies_forged = 0, cookies_stale = 0, cookies_refused = 0;
  std::uint64_t refused_full = 0;        // beyond EndpointSettings::max_associations
  std::uint64_t unverified_refused = 0;  // chunks beyond EndpointSettings::unverified_bytes
  std::uint64_t restarts = 0, collisions = 0;
  std::uint64_t out_of_the_blue = 0;  // answered with ABORT or SHUTDOWN COMPLETE
  // Of all associations, including those that are over (SenderCounters).
  std::uint64_t retransmitted_chunks = 0, copied_chunks = 0, expired_messages = 0;
};

}  // namespace sctp
