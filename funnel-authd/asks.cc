#include "funnel-authd/asks.h"

namespace funnel::authd {

AskId Asks::Open(ClientId client, Duration timeout, std::function<void()> on_timeout) {
  const AskId id(++last_);
  Ask& ask = asks_[id];
  ask.client = client;
  ask.on_timeout = std::move(on_timeout);
  ask.timer = loop_.AddTimer([this, id] { OnTimeout(id); });
  ask.timer->ArmAfter(timeout);
  return id;
}

bool Asks::Close(AskId id) { return asks_.erase(id) != 0; }

void Asks::CloseAllOf(ClientId client) {
  std::erase_if(asks_, [client](const auto& entry) { return entry.second.client == client; });
}

void Asks::OnTimeout(AskId id) {
  auto on_timeout = std::move(asks_.at(id).on_timeout);
  (void)Close(id);
  on_timeout();
}

}  // namespace funnel::authd
