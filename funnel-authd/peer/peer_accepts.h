// OPENs of @peer that are being worked on. They are limited in all and for each association, so
// that a peer that opens again and again does not keep others from being verified.
//
// Thread: the loop's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "common/base/ids.h"
#include "common/base/shares.h"

namespace funnel::authd {

using PeerAcceptId = StrongId<struct PeerAcceptTag, std::uint64_t>;

class PeerAccepts {
 public:
  void set_limits(Shares::Limits limits) { slots_.set_limits(limits); }
  // A node that is not verified has the standing of a stranger. nullopt: there is too much work.
  [[nodiscard]] std::optional<PeerAcceptId> Begin(std::string_view client,
                                                  Shares::Standing standing) {
    Shares::Slot slot = slots_.Take(client, standing);
    if (!slot) return std::nullopt;
    const PeerAcceptId id(++last_);
    in_work_.emplace(id, std::move(slot));
    return id;
  }
  void End(PeerAcceptId id) { in_work_.erase(id); }
  [[nodiscard]] std::size_t in_work() const { return slots_.taken(); }

 private:
  Shares slots_;
  std::uint64_t last_ = 0;
  std::map<PeerAcceptId, Shares::Slot> in_work_;
};

}  // namespace funnel::authd
