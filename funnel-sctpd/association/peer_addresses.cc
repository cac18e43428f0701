#include "funnel-sctpd/association/peer_addresses.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace funnel::sctpd {
namespace {

// How many addresses of one peer are remembered.
constexpr std::size_t kMaxHosts = 16;

}  // namespace

std::vector<Candidate> PeerAddresses::Candidates(const config::PeerConfig& peer,
                                                 bool direct_now) const {
  const auto& sctp = shared_.config.node.sctp;
  return CandidatesAt(names_.addresses(),
                      {.carrier = peer.carrier,
                       .direct_now = direct_now,
                       .udp_port = sctp.udp_port != 0 ? sctp.udp_port : sctp::kDefaultUdpPort,
                       .sctp_port = sctp.sctp_port});
}

void PeerAddresses::OnDirectFailed(std::string why, Duration at_most) {
  const Duration retry = shared_.config.node.sctp.direct_retry;
  direct_.OnFailed(std::move(why), shared_.now() + std::min(at_most, retry));
}

void PeerAddresses::NoteDirectFailure(const Attempts& attempts) {
  if (auto failure = attempts.DirectFailure(shared_.now())) OnDirectFailed(*failure);
}

void PeerAddresses::SetHosts(const std::vector<ResolvedAddress>& found,
                             const sctp::TransportAddress* used) {
  hosts_.clear();
  for (const ResolvedAddress& one : found) hosts_.push_back(one.address);
  if (used != nullptr) hosts_.push_back(*used);
}

bool PeerAddresses::AddHost(const sctp::TransportAddress& address, bool stays) {
  if (std::ranges::any_of(hosts_, [&](const auto& host) { return host.SameHost(address); }))
    return false;
  // The addresses stay while the peer is away, so it gets its share when it comes back.
  if (!stays || hosts_.size() >= kMaxHosts) hosts_.clear();
  hosts_.push_back(address);
  return true;
}

void PeerAddresses::Remember(const std::string& peer, const Candidate& candidate) const {
  RememberedPath remembered{.candidate = candidate, .direct_from_unix = 0};
  if (auto left = direct_.from() - shared_.now(); left > Duration{0})
    remembered.direct_from_unix =
        std::time(nullptr) + std::chrono::ceil<std::chrono::seconds>(left).count();
  if (shared_.paths.Set(peer, remembered)) shared_.save_paths();
}

std::optional<Candidate> PeerAddresses::Recall(const std::string& peer) {
  const RememberedPath* known = shared_.paths.Find(peer);
  if (known == nullptr) return std::nullopt;

  const std::chrono::seconds left(known->direct_from_unix - std::time(nullptr));
  // A clock that was wrong must not turn direct SCTP off for ever.
  if (left > Duration{0}) OnDirectFailed("it did not answer before the last start", left);
  return known->candidate;
}

}  // namespace funnel::sctpd
