// What is known of how one peer may be reached: where its names led, whether direct SCTP is worth a
// try, and which of its hosts have a share of their own with those who are let in. Part of Peer.
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

  // As NameLookup.
  void LookUp(const config::PeerConfig& peer, NameLookup::OnAnswer on_answer) {
    names_.Ask(peer.connect, std::move(on_answer));
  }
  // Where PEER's names led last. DIRECT_NOW: with carrier = auto also direct SCTP.
  [[nodiscard]] std::vector<Candidate> Candidates(const config::PeerConfig& peer,
                                                  bool direct_now) const;

  [[nodiscard]] const DirectSctp& direct() const { return direct_; }
  [[nodiscard]] bool MayTryDirect() const { return direct_.IsWorthATry(shared_.now()); }
  void OnDirectServes() { direct_.OnServes(); }
  // It is left out for direct-retry, or less.
  void OnDirectFailed(std::string why, Duration at_most = Duration::max());
  void OnDirectNotBegun(std::string why) { direct_.OnNotBegun(std::move(why)); }
  // As ATTEMPTS have shown by now.
  void NoteDirectFailure(const Attempts& attempts);

  // Those of the last answer, and where it was verified.
  [[nodiscard]] const std::vector<sctp::TransportAddress>& hosts() const { return hosts_; }
  // Its names lead to FOUND; it is up at USED (nullptr: it is not).
  void SetHosts(const std::vector<ResolvedAddress>& found, const sctp::TransportAddress* used);
  // It was verified at ADDRESS. STAYS: others are known by its names. True: that is new.
  bool AddHost(const sctp::TransportAddress& address, bool stays);

  // Keeps over a restart that PEER is up on CANDIDATE, and until when direct SCTP is left out.
  void Remember(const std::string& peer, const Candidate& candidate) const;
  // Takes over what was kept of PEER, and yields its candidate; nullopt: nothing was kept.
  std::optional<Candidate> Recall(const std::string& peer);

 private:
  SharedState& shared_;
  NameLookup names_;
  DirectSctp direct_;
  std::vector<sctp::TransportAddress> hosts_;
};

}  // namespace funnel::sctpd
