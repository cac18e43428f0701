// The associations that were reported, or will be, and the look-ups among them: one by its id,
// whether one to an address was begun already, and which ones are late with their orderly end. The
// cost of these does not grow with the number of associations.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp {

struct OwnPeer {
  TransportAddress address;
  std::uint16_t sctp_port = 0;
  bool incoming = false, up = false, trusted = false;
  bool stranger = false;                  // counted among strangers
  TimePoint deadline = TimePoint::max();  // of an orderly end; OwnPeers::BeginEnd sets it
  bool begun = false;                     // OwnPeers' own: HasBegun finds it
};

class OwnPeers {
 public:
  [[nodiscard]] OwnPeer* Find(AssociationId id) {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const OwnPeer* Find(AssociationId id) const {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : &found->second;
  }
  // One that is there, or a new one.
  OwnPeer& Get(AssociationId id) { return peers_[id]; }
  // One of our own to that address and port.
  OwnPeer& Begin(AssociationId id, const TransportAddress& address, std::uint16_t sctp_port);
  // Whether there is one of our own to the same address and port. One that is ending does not
  // count: another one has its own port.
  [[nodiscard]] bool HasBegun(const TransportAddress& address, std::uint16_t sctp_port) const {
    return begun_.contains({address, sctp_port});
  }
  // It is to end in order until DEADLINE.
  void BeginEnd(AssociationId id, TimePoint deadline);
  void Remove(AssociationId id);

  // When the next orderly end is late.
  [[nodiscard]] TimePoint NextDeadline() const {
    return endings_.empty() ? TimePoint::max() : endings_.begin()->first;
  }
  [[nodiscard]] std::optional<AssociationId> Late(TimePoint now) const {
    if (NextDeadline() > now) return std::nullopt;
    return endings_.begin()->second;
  }

  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  // For each with its id. Not for anything that happens often.
  template <typename Function>
  void ForEach(Function function) const {
    looked_at_ += peers_.size();
    for (const auto& [id, peer] : peers_) function(id, peer);
  }
  // How many ForEach has shown so far, for tests that count.
  [[nodiscard]] std::uint64_t looked_at() const { return looked_at_; }

 private:
  struct Target {
    TransportAddress address;
    std::uint16_t sctp_port = 0;
    bool operator==(const Target&) const = default;
  };
  struct TargetHash {
    std::size_t operator()(const Target& target) const noexcept {
      return std::hash<TransportAddress>{}(target.address) * 31 + target.sctp_port;
    }
  };
  void Unbegin(OwnPeer& peer);

  std::unordered_map<AssociationId, OwnPeer> peers_;
  std::unordered_map<Target, AssociationId, TargetHash> begun_;
  std::set<std::pair<TimePoint, AssociationId>> endings_;
  mutable std::uint64_t looked_at_ = 0;
};

}  // namespace funnel::sctp
