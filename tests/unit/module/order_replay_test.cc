// Conversations that are made from numbers, so that they are the same in every run, and a digest of
// the order that their messages had when the ledger kept its keys in a std::map. How it keeps them
// must change no order.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "common/module/order_ledger.h"

namespace funnel::module {
namespace {

// Knuth's MMIX generator.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Below(std::uint64_t limit) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

class Digest {
 public:
  void Add(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

// A connection of 600 messages, with tables that are small for most SEEDs.
void Replay(std::uint64_t seed, Digest& digest) {
  Numbers numbers(seed);
  const std::size_t table = seed % 4 == 0 ? OrderLedger::kMaxKeys : 2 + numbers.Below(60);
  const std::uint64_t names = 1 + numbers.Below(80);
  const std::uint64_t readers = numbers.Below(101);
  OrderLedger ledger(table);
  std::uint64_t next = 0;

  for (int i = 0; i < 600; ++i) {
    std::vector<funnel_key> keys(numbers.Below(4));
    for (funnel_key& key : keys) {
      key.value = numbers.Below(names);
      key.space = static_cast<std::uint32_t>(numbers.Below(2));
      key.mode = numbers.Below(100) < readers ? FUNNEL_SHARED : FUNNEL_EXCLUSIVE;
    }
    const std::uint64_t kind = numbers.Below(100);
    const Dependencies message{kind == 0   ? FUNNEL_BARRIER
                               : kind == 1 ? FUNNEL_AFTER_ALL
                                           : FUNNEL_BY_KEYS,
                               keys};
    const OrderLedger::Decision decision = ledger.Decide(message);
    const std::uint64_t first = next;
    next += 1 + numbers.Below(3);
    ledger.Record(message, decision, first, next - 1);

    digest.Add(static_cast<std::uint64_t>(decision.order));
    digest.Add(decision.after);
    digest.Add(decision.covers);
    digest.Add((decision.barrier ? 1 : 0) + (decision.checkpoint ? 2 : 0));
    digest.Add(ledger.size());
  }
}

TEST(OrderReplay, GivesTheOrderThatItAlwaysGave) {
  Digest digest;
  for (std::uint64_t seed = 0; seed < 400; ++seed) Replay(seed, digest);
  EXPECT_EQ(digest.hash(), 2523982493268271448u);
}

}  // namespace
}  // namespace funnel::module
