// How one peer may be reached: the addresses to which its names led, whether direct SCTP is worth a
// try, and which of its hosts have a share of admission. Part of Peer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "funnel-sctpd/association/attempts.h"
#include "funnel-sctpd/association/direct_sctp.h"
#include "funnel-sctpd/association/name_lookup.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class PeerAddresses {
 public:
  explicit PeerAddresses(SharedState& shared) : shared_(shared), names_(shared.resolver) {}

  // As that of NameLookup.
  void LookUp(const config::PeerConfig& peer, NameLookup::OnAnswer on_answer) {
    names_.Ask(peer.connect, std::move(on_answer));
  }
  // The candidates at the last addresses of PEER's names. DIRECT_NOW: with carrier = auto also
  // direct SCTP.
  [[nodiscard]] std::vector<Candidate> Candidates(const config::PeerConfig& peer,
                                                  bool direct_now) const;

  [[nodiscard]] const DirectSctp& direct() const { return direct_; }
  [[nodiscard]] bool MayTryDirect() const { return direct_.IsWorthATry(shared_.now()); }
  void OnDirectServes() { direct_.OnServes(); }
  // Leaves direct SCTP out for direct-retry, or for AT_MOST if that is less.
  void OnDirectFailed(std::string why, Duration at_most = Duration::max());
  void OnDirectNotBegun(std::string why) { direct_.OnNotBegun(std::move(why)); }
  // Notes what ATTEMPTS have shown by now.
  void NoteDirectFailure(const Attempts& attempts);

  // The hosts of the last answer, and those where the peer was verified.
  [[nodiscard]] const std::vector<sctp::TransportAddress>& hosts() const { return hosts_; }
  // Its names lead to FOUND; it is up at USED (nullptr: it is not up).
  void SetHosts(const std::vector<ResolvedAddress>& found, const sctp::TransportAddress* used);
  // It was verified at ADDRESS. STAYS: its other hosts are known by its names. True: the host is
  // new.
  bool AddHost(const sctp::TransportAddress& address, bool stays);

  // Stores for the next start that PEER is up on CANDIDATE, and until when direct SCTP is left out.
  void Remember(const std::string& peer, const Candidate& candidate) const;
  // Adopts what was stored for PEER, and returns its candidate; nullopt: nothing was stored.
  std::optional<Candidate> Recall(const std::string& peer);

 private:
  SharedState& shared_;
  NameLookup names_;
  DirectSctp direct_;
  std::vector<sctp::TransportAddress> hosts_;
};

}  // namespace funnel::sctpd
