#include "common/module/order_ledger.h"

#include <algorithm>

namespace funnel::module {

// The earlier messages that one needs. Of all but the latest only the greatest number counts: what
// covers that covers the others.
class OrderLedger::Needs {
 public:
  void Add(const Sent& sent) {
    if (latest_ && sent.last == latest_->last) return;
    if (latest_ && sent.last < latest_->last) return AddOther(sent.last);
    if (latest_) AddOther(latest_->last);
    latest_ = sent;
  }
  // One that is below another that was added.
  void AddOther(std::uint64_t number) { second_ = std::max(second_.value_or(0), number); }

  [[nodiscard]] const std::optional<Sent>& latest() const { return latest_; }
  // Whether who follows the latest follows all of them.
  [[nodiscard]] bool IsOne() const { return !second_ || *second_ < latest_->covers; }

 private:
  std::optional<Sent> latest_;
  std::optional<std::uint64_t> second_;
};

bool OrderLedger::HasPlaceFor(std::span<const funnel_key> keys) const {
  if (keys_.size() + keys.size() <= max_keys_) return true;
  const auto added = std::ranges::count_if(
      keys, [this](const funnel_key& key) { return !keys_.contains(NameOf(key)); });
  return keys_.size() + static_cast<std::size_t>(added) <= max_keys_;
}

OrderLedger::Decision OrderLedger::Decide(const Dependencies& message) const {
  if (message.order == FUNNEL_BARRIER || !HasPlaceFor(message.keys))
    return {.order = wire::Order::kAfterAll, .barrier = true};
  if (message.order == FUNNEL_AFTER_ALL) return {.order = wire::Order::kAfterAll};

  Needs needs;
  for (const funnel_key& key : message.keys) {
    const auto at = keys_.find(NameOf(key));
    if (at == keys_.end()) continue;
    const Uses& uses = at->second;
    if (key.mode == FUNNEL_SHARED || !uses.shared) {
      if (uses.exclusive) needs.Add(*uses.exclusive);
      continue;
    }
    needs.Add(*uses.shared);
    if (uses.also_shared) needs.AddOther(*uses.also_shared);
  }

  const std::optional<Sent>& parent = needs.latest() ? needs.latest() : barrier_;
  if (!parent) return {};
  if (!needs.IsOne()) return {.order = wire::Order::kAfterAll};
  return {.order = wire::Order::kFollows, .after = parent->last, .covers = parent->covers};
}

void OrderLedger::Record(const Dependencies& message, const Decision& decision, std::uint64_t first,
                         std::uint64_t last) {
  const bool after_all = decision.order == wire::Order::kAfterAll;
  const Sent sent{.last = last,
                  .covers = after_all || decision.covers >= first ? last + 1 : decision.covers};
  if (decision.barrier) {
    keys_.clear();
    barrier_ = sent;
    return;
  }

  for (const funnel_key& key : message.keys) Use(key, sent);
}

void OrderLedger::Use(const funnel_key& key, const Sent& sent) {
  Uses& uses = keys_[NameOf(key)];
  if (key.mode != FUNNEL_SHARED) {
    uses = {.exclusive = sent, .shared = std::nullopt, .also_shared = std::nullopt};
    return;
  }
  if (uses.shared) uses.also_shared = uses.shared->last;
  uses.shared = sent;
}

}  // namespace funnel::module
