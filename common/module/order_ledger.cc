#include "common/module/order_ledger.h"

#include <algorithm>
#include <utility>

namespace funnel::module {

void OrderLedger::Followed::Add(std::uint64_t number) {
  std::shift_right(numbers_.begin(), numbers_.end(), 1);
  numbers_.front() = number;
  size_ = std::min(size_ + 1, numbers_.size());
}

bool OrderLedger::Followed::Has(std::uint64_t number) const {
  const auto end = numbers_.begin() + static_cast<std::ptrdiff_t>(size_);
  return std::find(numbers_.begin(), end, number) != end;
}

// The earlier messages that a message needs.
class OrderLedger::Needs {
 public:
  void Add(const Sent& sent) {
    if (latest_ && sent.last == latest_->last) return;
    if (latest_ && sent.last < latest_->last) return AddOther(sent.last);
    if (latest_) AddOther(latest_->last);
    latest_ = sent;
  }
  // Adds NUMBER, which is below another one here, and all below it: what covers it covers those,
  // too.
  void AddAllTo(std::uint64_t number) { below_ = std::max(below_, number + 1); }

  [[nodiscard]] const std::optional<Sent>& latest() const { return latest_; }
  // Whether a message that follows the latest one follows all of them.
  [[nodiscard]] bool IsOne() const {
    if (below_ > 0 && below_ > latest_->covers) return false;
    const auto end = others_.begin() + static_cast<std::ptrdiff_t>(size_);
    return std::all_of(others_.begin(), end, [this](std::uint64_t number) {
      return number < latest_->covers || latest_->followed.Has(number);
    });
  }

 private:
  void AddOther(std::uint64_t number) {
    if (size_ == others_.size()) return AddAllTo(number);
    others_[size_++] = number;
  }

  std::optional<Sent> latest_;
  std::array<std::uint64_t, FUNNEL_KEYS_MAX> others_{};
  std::size_t size_ = 0;
  std::uint64_t below_ = 0;
};

bool OrderLedger::HasPlaceFor(std::span<const funnel_key> keys) const {
  if (young_.empty() || young_.size() + keys.size() <= half_) return true;
  return young_.size() + CountNew(keys) <= half_;
}

std::size_t OrderLedger::CountNew(std::span<const funnel_key> keys) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      keys, [this](const funnel_key& key) { return !young_.Has(NameOf(key)); }));
}

const OrderLedger::Uses* OrderLedger::Find(const funnel_key& key) const {
  const KeyName name = NameOf(key);
  const Uses* young = young_.Find(name);
  return young != nullptr ? young : old_.Find(name);
}

void OrderLedger::AddNeeds(const funnel_key& key, Needs& needs) const {
  const Uses* uses = Find(key);
  if (uses != nullptr && uses->shared && key.mode != FUNNEL_SHARED) {
    needs.Add(*uses->shared);
    if (uses->also_shared) needs.AddAllTo(*uses->also_shared);
  } else if (uses != nullptr && uses->exclusive) {
    needs.Add(*uses->exclusive);
  } else if (floor_) {
    // What was forgotten about the key.
    needs.Add(*floor_);
  }
}

OrderLedger::Decision OrderLedger::Decide(const Dependencies& message) const {
  if (message.order == FUNNEL_BARRIER) return {.order = wire::Order::kAfterAll, .barrier = true};
  if (!HasPlaceFor(message.keys)) return {.order = wire::Order::kAfterAll, .checkpoint = true};
  if (message.order == FUNNEL_AFTER_ALL) return {.order = wire::Order::kAfterAll};

  Needs needs;
  for (const funnel_key& key : message.keys) AddNeeds(key, needs);
  const std::optional<Sent>& parent = needs.latest() ? needs.latest() : floor_;
  if (!parent) return {};
  if (!needs.IsOne()) return {.order = wire::Order::kAfterAll};
  Decision decision{.order = wire::Order::kFollows,
                    .after = parent->last,
                    .covers = parent->covers,
                    .followed = parent->followed};
  // A message whose only key is the parent's takes the parent's place.
  const bool replaces =
      parent->keys == 1 && message.keys.size() == 1 && message.keys[0].mode != FUNNEL_SHARED;
  if (!replaces && parent->last >= parent->covers) decision.followed.Add(parent->last);
  return decision;
}

bool OrderLedger::MayJoin(const Decision& decision, std::span<const funnel_key> keys,
                          const Dependencies& message) const {
  const Decision own = Decide(message);
  if (decision.checkpoint || own.checkpoint || own.order != decision.order ||
      own.after != decision.after || own.barrier != decision.barrier)
    return false;
  const std::size_t most = young_.size() + keys.size() + message.keys.size();
  return most <= half_ || young_.size() + CountNew(keys) + CountNew(message.keys) <= half_;
}

void OrderLedger::Record(const Dependencies& message, const Decision& decision, std::uint64_t first,
                         std::uint64_t last) {
  const bool after_all = decision.order == wire::Order::kAfterAll;
  const Sent sent{.last = last,
                  .covers = after_all || decision.covers >= first ? last + 1 : decision.covers,
                  .followed = decision.followed,
                  .keys = message.keys.size()};
  if (decision.barrier) {
    young_.Clear();
    old_.Clear();
    floor_ = checkpoint_ = sent;
    return;
  }
  if (decision.checkpoint) {
    std::swap(old_, young_);
    young_.Clear();
    floor_ = std::exchange(checkpoint_, sent);
  }

  for (const funnel_key& key : message.keys) Use(key, sent);
}

void OrderLedger::Use(const funnel_key& key, const Sent& sent) {
  const KeyName name = NameOf(key);
  const std::size_t before = young_.size();
  Uses& uses = young_.Get(name);
  if (young_.size() > before) (void)old_.Take(name, uses);
  if (key.mode != FUNNEL_SHARED) {
    uses = {.exclusive = sent, .shared = std::nullopt, .also_shared = std::nullopt};
    return;
  }
  if (uses.shared && uses.shared->last != sent.last) uses.also_shared = uses.shared->last;
  uses.shared = sent;
}

}  // namespace funnel::module
