#include "common/wire/session/inbox.h"

#include <iterator>

namespace funnel::wire {
namespace {

// The most bytes of messages that are kept together.
constexpr std::size_t kMaxRun = 4096;

}  // namespace

bool Inbox::IsDone(std::uint64_t number) const {
  return number < base_ || (store_ && store_->done_above.contains(number));
}

const Inbox::Held* Inbox::FindHeld(std::uint64_t number) const {
  if (!store_) return nullptr;
  auto behind = store_->held.upper_bound(number);
  if (behind == store_->held.begin()) return nullptr;
  const Held& last = std::prev(behind)->second;
  return number < last.number + last.count ? &last : nullptr;
}

bool Inbox::IsWellFormed(const MessageRecord& message) const {
  const std::uint64_t number = message.number;
  if (message.order == Order::kOrdered && number == 0) return false;
  if (message.order == Order::kFollows && (message.distance == 0 || message.distance > number))
    return false;
  if (message.fin && (message.more || message.order != Order::kAfterAll)) return false;
  if (fin_ && (message.fin || number > *fin_)) return false;
  if (message.fin && number + 1 < end_) return false;
  return !IsDone(number) && !FindHeld(number);
}

// Whether MESSAGE goes on with a unit and is not ORDERED, or begins one that goes on with such a
// message.
bool Inbox::BreaksUnit(const MessageRecord& message) const {
  if (message.more) {
    if (IsDone(message.number + 1)) return true;
    const Held* next = FindHeld(message.number + 1);
    if (next && next->order != Order::kOrdered) return true;
  }
  if (message.order == Order::kOrdered || message.number == 0) return false;
  if (unit_ == message.number) return true;
  const Held* before = FindHeld(message.number - 1);
  return before && before->more;
}

bool Inbox::IsSatisfied(const MessageRecord& message) const {
  if (message.number == base_) return true;
  if (message.more) return false;
  switch (message.order) {
    case Order::kFree:
      return true;
    case Order::kOrdered:
      return IsDone(message.number - 1);
    case Order::kFollows:
      return IsDone(message.number - message.distance);
    case Order::kAfterAll:
      return false;
  }
  return false;
}

Inbox::Verdict Inbox::Admit(const MessageRecord& message) {
  if (!IsWellFormed(message) || BreaksUnit(message)) return Verdict::kViolation;
  ++arrived_;
  if (message.number >= end_) end_ = message.number + 1;
  if (message.fin) fin_ = message.number;
  if (unit_ && *unit_ != message.number) return Verdict::kWait;
  if (store_ && store_->partial) return Verdict::kWait;
  return IsSatisfied(message) ? Verdict::kDeliver : Verdict::kWait;
}

// Adds an ORDERED message to the run that ends right before it, if that is short.
bool Inbox::JoinRun(const MessageRecord& message) {
  if (message.order != Order::kOrdered || message.more) return false;
  Held* run = const_cast<Held*>(FindHeld(message.number - 1));
  if (!run || run->more || run->bytes.size() + message.bytes.size() > kMaxRun) return false;
  run->bytes.insert(run->bytes.end(), message.bytes.begin(), message.bytes.end());
  ++run->count;
  return true;
}

std::optional<std::uint64_t> Inbox::JoinChain(const MessageRecord& message) {
  Store& s = *store_;
  const Held* before = message.number == 0 ? nullptr : FindHeld(message.number - 1);
  if (!message.more && !(before && before->more)) return std::nullopt;

  std::uint64_t begin = message.number, end = message.number;
  if (before && before->more) {
    const auto chain = s.chain_begins.extract(before->number);
    begin = chain ? chain.mapped() : before->number;
    s.chain_ends.erase(begin);
  }
  if (message.more && s.held.contains(end + 1)) {
    const auto chain = s.chain_ends.extract(end + 1);
    end = chain ? chain.mapped() : end + 1;
    s.chain_begins.erase(end);
  }
  s.chain_ends[begin] = end;
  s.chain_begins[end] = begin;
  return IsWhole(begin) ? std::optional(begin) : std::nullopt;
}

bool Inbox::IsWhole(std::uint64_t number) const {
  const Held& first = store_->held.at(number);
  if (!first.more) return true;
  // One that is ORDERED may be in the middle of a unit; if not it waits for the one before it.
  const auto chain = store_->chain_ends.find(number);
  return first.order != Order::kOrdered && chain != store_->chain_ends.end() &&
         !store_->held.at(chain->second).more;
}

void Inbox::ConsiderUnit(std::uint64_t number) {
  Store& s = *store_;
  const Held& first = s.held.at(number);
  const bool waits = first.order == Order::kFollows && !IsDone(number - first.distance);
  if (!waits && first.order != Order::kAfterAll) s.ready.insert(number);
}

void Inbox::Hold(const MessageRecord& message, std::size_t taken) {
  Store& s = store();
  if (taken == 0 && JoinRun(message)) return;

  Held& held = s.held[message.number];
  held.number = message.number;
  held.order = message.order;
  held.distance = message.distance;
  held.more = message.more;
  held.fin = message.fin;
  held.taken = taken;
  held.bytes.assign(message.bytes.begin(), message.bytes.end());
  if (taken > 0) s.partial = message.number;

  if (IsSatisfied(message))
    s.ready.insert(message.number);
  else if (message.order == Order::kFollows && !IsDone(message.number - message.distance))
    s.followers.emplace(message.number - message.distance, message.number);
  if (const auto unit = JoinChain(message)) ConsiderUnit(*unit);
}

std::uint64_t Inbox::Done(const MessageRecord& message) {
  return Pass(message.number, message.more, message.bytes.size() + kMessageCost);
}

Inbox::Held* Inbox::Next() {
  if (!store_) return nullptr;
  Store& s = *store_;
  if (s.partial) return &s.held.at(*s.partial);
  if (unit_) {
    auto piece = s.held.find(*unit_);
    return piece == s.held.end() ? nullptr : &piece->second;
  }
  return s.ready.empty() ? nullptr : &s.held.at(*s.ready.begin());
}

void Inbox::Took(Held& next, std::size_t count) {
  next.taken += count;
  if (next.taken > 0) store().partial = next.number;
}

std::uint64_t Inbox::NextDone() {
  const Held* next = Next();
  const std::uint64_t number = next->number, count = next->count, cost = next->cost();
  const bool more = next->more;
  if (const auto chain = store_->chain_ends.extract(number))
    store_->chain_begins.erase(chain.mapped());
  store_->held.erase(number);
  store_->ready.erase(number);
  store_->partial.reset();
  std::uint64_t passed = Pass(number, more, cost);
  for (std::uint64_t i = 1; i < count; ++i) passed += Pass(number + i, /*more=*/false, 0);
  return passed;
}

std::size_t Inbox::held_bytes() const {
  std::size_t bytes = 0;
  if (store_ != nullptr)
    for (const auto& [number, held] : store_->held) bytes += held.rest().size();
  return bytes;
}

std::size_t Inbox::DropHeld() {
  if (!store_) return 0;
  std::size_t bytes = 0;
  for (const auto& [number, held] : store_->held) bytes += held.rest().size();
  store_.reset();
  return bytes;
}

std::uint64_t Inbox::Pass(std::uint64_t number, bool more, std::uint64_t cost) {
  unit_ = more ? std::optional(number + 1) : std::nullopt;
  std::uint64_t passed = 0;
  if (number == base_) {
    passed = cost;
    ++base_;
    while (store_ && !store_->done_above.empty() && store_->done_above.begin()->first == base_) {
      passed += store_->done_above.begin()->second;
      store_->done_above.erase(store_->done_above.begin());
      ++base_;
    }
  } else {
    store().done_above.emplace(number, cost);
  }

  if (store_) Wake(number);
  return passed;
}

// NUMBER was delivered: what waited for it, or for all below base_, is next.
void Inbox::Wake(std::uint64_t number) {
  Store& s = *store_;
  const auto [first, last] = s.followers.equal_range(number);
  for (auto at = first; at != last; ++at) {
    if (IsWhole(at->second)) s.ready.insert(at->second);
  }
  s.followers.erase(first, last);
  auto next = s.held.find(number + 1);
  if (next != s.held.end() && next->second.order == Order::kOrdered && !next->second.more)
    s.ready.insert(number + 1);
  if (s.held.contains(base_)) s.ready.insert(base_);
  if (s.held.empty() && s.done_above.empty()) store_.reset();
}

Inbox::Store& Inbox::store() {
  if (!store_) store_ = std::make_unique<Store>();
  return *store_;
}

}  // namespace funnel::wire
