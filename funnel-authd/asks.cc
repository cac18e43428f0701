#include "funnel-authd/asks.h"

namespace funnel::authd {

std::optional<AskId> Asks::Open(ClientId client, Duration timeout,
                                std::function<void()> on_timeout) {
  std::size_t& count = count_of_[client];
  if (count >= kMaxOfOneClient) return std::nullopt;
  ++count;
  const AskId id(++last_);
  Ask& ask = asks_[id];
  ask.client = client;
  ask.on_timeout = std::move(on_timeout);
  ask.timer = loop_.AddTimer([this, id] { OnTimeout(id); });
  ask.timer->ArmAfter(timeout);
  return id;
}

bool Asks::Close(AskId id) {
  auto found = asks_.find(id);
  if (found == asks_.end()) return false;
  if (--count_of_[found->second.client] == 0) count_of_.erase(found->second.client);
  asks_.erase(found);
  return true;
}

void Asks::CloseAllOf(ClientId client) {
  std::erase_if(asks_, [client](const auto& entry) { return entry.second.client == client; });
  count_of_.erase(client);
}

void Asks::OnTimeout(AskId id) {
  auto on_timeout = std::move(asks_.at(id).on_timeout);
  (void)Close(id);
  on_timeout();
}

}  // namespace funnel::authd
