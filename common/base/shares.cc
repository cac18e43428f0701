#include "common/base/shares.h"

namespace funnel {

Shares::Use Shares::UseOf(std::string_view client) const {
  auto found = use_.find(client);
  return found == use_.end() ? Use{} : found->second;
}

bool Shares::HasRoom(std::string_view client, Standing standing) const {
  const Use use = UseOf(client);
  // All that is taken counts too: limits may have become lower than that.
  if (taken_ >= limits_.total || use.reserved + use.common >= limits_.per_client) return false;
  return IsOwn(use, standing) || common_ < limits_.total - reserve() * limits_.known;
}

Shares::Slot Shares::Take(std::string_view client, Standing standing) {
  if (!HasRoom(client, standing)) return {};
  auto found = use_.find(client);
  if (found == use_.end()) found = use_.emplace(client, Use{}).first;
  const bool own = IsOwn(found->second, standing);
  ++(own ? found->second.reserved : found->second.common);
  if (!own) ++common_;
  ++taken_;
  return {*this, client};
}

void Shares::Return(const std::string& client) {
  auto found = use_.find(client);
  Use& use = found->second;
  // Those of all first.
  if (use.common != 0) {
    --use.common;
    --common_;
  } else {
    --use.reserved;
  }
  --taken_;
  if (use.reserved + use.common == 0) use_.erase(found);
}

std::size_t Shares::TakenBy(std::string_view client) const {
  const Use use = UseOf(client);
  return use.reserved + use.common;
}

}  // namespace funnel
