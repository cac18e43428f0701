// OPENs of @peer that are in work, in all and of one association: a peer that opens again and again
// keeps nobody else from being verified.
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
  void set_limits(Shares::Limits limits) { places_.set_limits(limits); }
  // A node that is not verified is a stranger. nullopt: there is too much in work.
  [[nodiscard]] std::optional<PeerAcceptId> Begin(std::string_view client,
                                                  Shares::Standing standing) {
    Shares::Place place = places_.Take(client, standing);
    if (!place) return std::nullopt;
    const PeerAcceptId id(++last_);
    in_work_.emplace(id, std::move(place));
    return id;
  }
  void End(PeerAcceptId id) { in_work_.erase(id); }
  [[nodiscard]] std::size_t in_work() const { return places_.taken(); }

 private:
  Shares places_;
  std::uint64_t last_ = 0;
  std::map<PeerAcceptId, Shares::Place> in_work_;
};

}  // namespace funnel::authd
