#include "funnel-authd/contexts.h"

namespace funnel::authd {

std::optional<ContextId> Contexts::Add(ContextRecord record) {
  record.slot = slots_.Take(record.service.text());
  if (!record.slot) return std::nullopt;
  const ContextId id(++last_);
  records_.emplace(id, std::move(record));
  return id;
}

const ContextRecord* Contexts::Find(ContextId id, ClientId client) const {
  auto found = records_.find(id);
  if (found == records_.end() || found->second.client != client) return nullptr;
  return &found->second;
}

void Contexts::Release(ContextId id, ClientId client) {
  if (Find(id, client) != nullptr) records_.erase(id);
}

void Contexts::ReleaseAllOf(ClientId client) {
  std::erase_if(records_, [client](const auto& entry) { return entry.second.client == client; });
}

}  // namespace funnel::authd
