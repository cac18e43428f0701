// The associations with one peer that we have begun and that do not serve it yet: several
// candidates are tried in parallel (attempts.h), and those that lost are withdrawn. Part of Peer;
// Dialling and Failback have Attempts of their own.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "funnel-sctpd/association/attempts.h"
#include "funnel-sctpd/association/peer_context.h"

namespace funnel::sctpd {

class BegunAssociations {
 public:
  using Map = std::map<AssociationId, Association*>;

  explicit BegunAssociations(const PeerContext& context) : context_(context) {}

  // What Attempts::Begin() needs.
  [[nodiscard]] Attempts::HeadStart HeadStart() const;
  // Begins those of ATTEMPTS that are due. Returns why one could not be begun; nullopt: all were.
  [[nodiscard]] std::optional<std::string> BeginDue(Attempts& attempts,
                                                    Association::Purpose purpose);
  // ASSOCIATION, one of ATTEMPTS, is up, and will be verified. Withdraws the slower ones.
  void OnUp(const Association& association, Attempts& attempts);
  // Ends all of them, without any consequence for the peer.
  void WithdrawAll(const std::string& reason);
  // ASSOCIATION serves the peer now, or has ended.
  void Remove(const Association& association) { begun_.erase(association.id()); }

  // The one that is being verified and may replace the association in use; nullptr: there is none.
  [[nodiscard]] Association* FindSuccessor() const;
  [[nodiscard]] const Map& All() const { return begun_; }

 private:
  void Withdraw(Association& association, const std::string& reason);

  PeerContext context_;
  Map begun_;
};

}  // namespace funnel::sctpd
