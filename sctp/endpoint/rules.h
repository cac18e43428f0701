// What the owner of an endpoint allows: to whom packets of no association are answered, who may
// begin an association, and how large packets are. Its policy decides if there is one, otherwise
// the settings.
//
// Owned by the endpoint.
#pragma once

#include "sctp/endpoint/observer.h"
#include "sctp/endpoint/settings.h"
#include "sctp/endpoint/strangers.h"

namespace sctp {

class Rules {
 public:
  // SETTINGS and COUNTERS outlive it. SALT: Strangers.
  Rules(const EndpointSettings& settings, EndpointCounters& counters, std::uint64_t salt)
      : settings_(settings), counters_(counters), strangers_(settings.strangers, salt) {}

  // It outlives this.
  void SetPolicy(EndpointPolicy* policy) { policy_ = policy; }

  // Whether a packet of no association may be handled; counts it otherwise.
  [[nodiscard]] bool Admit(const Address& from, EndpointPolicy::Ask ask, TimePoint now) {
    if (policy_ != nullptr ? policy_->MayAsk(from, ask, now) : strangers_.Admit(from, now))
      return true;
    ++counters_.strangers_limited;
    return false;
  }
  // Whether there may be one more association with PEER, of PRESENT that there are in all.
  [[nodiscard]] bool HasRoom(std::size_t present) const {
    return present < settings_.max_associations;
  }
  [[nodiscard]] bool MayAccept(const Address& peer) const {
    return policy_ == nullptr || policy_->MayAccept(peer);
  }

  [[nodiscard]] bool Expects(const Address& peer) const {
    return policy_ != nullptr && policy_->Expects(peer);
  }

  // The largest packet towards PEER.
  [[nodiscard]] std::size_t PacketBytes(const Address& peer) const {
    return policy_ != nullptr ? policy_->PacketBytes(peer) : settings_.association.packet_bytes;
  }
  [[nodiscard]] AssociationSettings SettingsFor(const Address& peer) const {
    AssociationSettings settings = settings_.association;
    settings.packet_bytes = PacketBytes(peer);
    return settings;
  }

 private:
  const EndpointSettings& settings_;
  EndpointCounters& counters_;
  EndpointPolicy* policy_ = nullptr;
  Strangers strangers_;
};

}  // namespace sctp
