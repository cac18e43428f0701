// Candidates: addresses to which a peer's names lead, with their carrier and the order in which
// they are tried. A candidate that works is a path. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config/peer_config.h"
#include "common/config/sctp_config.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

// Where a peer may be reached; not proven yet.
struct Candidate {
  sctp::TransportAddress address;
  sctp::Carrier carrier = sctp::Carrier::kUdp;
  std::uint16_t sctp_port = sctp::kDefaultSctpPort;
  std::uint16_t priority = 0;  // lower ones are tried first
  std::string host;            // as ResolvedAddress::host
  bool operator==(const Candidate&) const = default;

  [[nodiscard]] sctp::PeerPath path() const { return {address, carrier}; }
};

// In the configuration's words: "direct", "udp".
[[nodiscard]] std::string_view Name(sctp::Carrier carrier);
// "192.0.2.1" for direct SCTP, which has no port; "192.0.2.1:9899".
[[nodiscard]] std::string AddressText(const sctp::PeerPath& path);
// "192.0.2.1 (direct)", "192.0.2.1:9899 (udp)".
[[nodiscard]] std::string PathText(const sctp::PeerPath& path);

struct CandidateRules {
  config::Carrier carrier = config::Carrier::kAuto;
  bool direct_now = true;  // carrier = auto: direct SCTP is worth a try
  std::uint16_t udp_port = sctp::kDefaultUdpPort;
  std::uint16_t sctp_port = sctp::kDefaultSctpPort;
};

// All candidates at ADDRESSES, in their order; with carrier = auto, direct SCTP to an address comes
// before SCTP in UDP to it.
[[nodiscard]] std::vector<Candidate> CandidatesAt(const std::vector<ResolvedAddress>& addresses,
                                                  const CandidateRules& rules);
// Moves those at GOOD's address, which worked last, before the others of the best priority.
void Prefer(std::vector<Candidate>& candidates, const Candidate& good);
// Whether a peer that is up on USED should rather use CANDIDATE: it has a better priority, or is
// the same host by direct SCTP instead of UDP.
[[nodiscard]] bool IsBetter(const Candidate& candidate, const Candidate& used);
// The paths for Engine::OfferPaths, for a peer that is up on USED: those to the same host with the
// same SCTP port, direct ones first; at most Engine::kMaxPaths, USED included.
[[nodiscard]] std::vector<sctp::PeerPath> PathsLike(const std::vector<Candidate>& candidates,
                                                    const Candidate& used);

}  // namespace funnel::sctpd
