// One configured peer: how to reach it, and the association that serves it now.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/deadlines.h"
#include "common/config/model.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/association/dialer.h"
#include "funnel-sctpd/association/failback.h"

namespace funnel::sctpd {

struct Peer {
  Peer(const config::PeerConfig& peer, const config::SctpConfig& sctp)
      : config(peer), dialer(sctp.reconnect_min, sctp.reconnect_max) {}

  [[nodiscard]] bool connects() const { return !config.connect.empty(); }

  config::PeerConfig config;
  Dialer dialer;
  Failback better;                              // while one is up: better ways beside it
  Association* up = nullptr;                    // verified; in use
  Association* outgoing = nullptr;              // the dialer's that is being verified
  std::map<AssociationId, Association*> tried;  // made by us, not up yet and not ending
  // Answers of the resolver to earlier questions are ignored.
  std::uint64_t resolve_round = 0;
  // When the address that worked last is tried without an answer; max: it is waited for.
  TimePoint resolve_patience = TimePoint::max();
  Deadlines<Peer>::Deadline timer{*this};     // when it is to be considered again
  bool fell_back = false;                     // and was, in the round before
  std::vector<ResolvedAddress> addresses;     // where it was last resolved to
  std::vector<sctp::TransportAddress> hosts;  // of these, or where it was verified
  std::string reason;                         // why it is not up; empty: it is, or never was
  TimePoint idle_since{};                     // on-demand: up without channels from here on
  std::size_t wanted_by = 0;                  // edges that wait for it
  // carrier = auto: direct SCTP did not answer, and is tried again from then on.
  TimePoint direct_from{};
  std::string why_not_direct;  // empty: it serves, or was not tried
};

}  // namespace funnel::sctpd
