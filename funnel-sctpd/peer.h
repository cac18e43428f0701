// One configured peer: how to reach it, and the association that serves it now.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/config/model.h"
#include "funnel-sctpd/association.h"
#include "funnel-sctpd/dialer.h"

namespace funnel::sctpd {

struct Peer {
  Peer(const config::PeerConfig& peer, const config::SctpConfig& sctp)
      : config(peer), dialer(sctp.reconnect_min, sctp.reconnect_max) {}

  [[nodiscard]] bool connects() const { return !config.connect.empty(); }

  config::PeerConfig config;
  Dialer dialer;
  Association* up = nullptr;        // verified; in use
  Association* outgoing = nullptr;  // what the dialer is making
  // Answers of the resolver to earlier questions are ignored.
  std::uint64_t resolve_round = 0;
  std::vector<sctp::TransportAddress> hosts;  // where it was last resolved or verified
  std::string reason;                         // why it is not up; empty: it is, or never was
  TimePoint idle_since{};                     // on-demand: up without channels from here on
  std::size_t wanted_by = 0;                  // edges that wait for it
  // carrier = auto: direct SCTP did not answer, or the engine has none; tried again from then on.
  TimePoint direct_from{};
};

}  // namespace funnel::sctpd
