// The associations with one peer that we have begun, and that do not serve it yet: several
// candidates are tried in parallel (attempts.h), and those that lost are withdrawn. Part of Peer;
// Dialling and Failback each bring attempts of their own.
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
  // Begins what is due of ATTEMPTS. The result says why one could not be begun; nullopt: all were.
  [[nodiscard]] std::optional<std::string> BeginDue(Attempts& attempts,
                                                    Association::Purpose purpose);
  // ASSOCIATION, one of ATTEMPTS, is up, and will be verified. The slower ones are withdrawn.
  void OnUp(const Association& association, Attempts& attempts);
  // All of them end, and nothing follows from it.
  void WithdrawAll(const std::string& reason);
  // ASSOCIATION serves the peer, or has ended.
  void Remove(const Association& association) { begun_.erase(association.id()); }

  // One that is being verified and is to replace the association in use; nullptr: there is none.
  [[nodiscard]] Association* FindSuccessor() const;
  [[nodiscard]] const Map& All() const { return begun_; }

 private:
  void Withdraw(Association& association, const std::string& reason);

  PeerContext context_;
  Map begun_;
};

}  // namespace funnel::sctpd
