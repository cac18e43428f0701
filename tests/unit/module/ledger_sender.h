// Messages, and a sender that orders them with a ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/module/order_ledger.h"
#include "tests/unit/module/linear_extensions.h"

namespace funnel::module {

struct LedgerMessage {
  funnel_order order = FUNNEL_BY_KEYS;
  std::vector<funnel_key> keys;
  std::uint64_t pieces = 1;

  [[nodiscard]] Dependencies dependencies() const { return {order, keys}; }
};

inline LedgerMessage Exclusive(std::uint64_t key) { return {.keys = {{key, 0, FUNNEL_EXCLUSIVE}}}; }
inline LedgerMessage Shared(std::uint64_t key) { return {.keys = {{key, 0, FUNNEL_SHARED}}}; }
inline const LedgerMessage kFreeMessage{};
inline const LedgerMessage kBarrier{.order = FUNNEL_BARRIER};
inline const LedgerMessage kAfterAllMessage{.order = FUNNEL_AFTER_ALL};

// A sender: what it sends, with the numbers.
class LedgerSender {
 public:
  explicit LedgerSender(std::size_t max_keys = OrderLedger::kMaxKeys) : ledger_(max_keys) {}

  OrderLedger::Decision Send(const LedgerMessage& message) {
    const OrderLedger::Decision decision = ledger_.Decide(message.dependencies());
    const std::uint64_t first = next_;
    next_ += message.pieces;
    ledger_.Record(message.dependencies(), decision, first, next_ - 1);
    sent_.push_back({decision, first, next_ - 1});
    return decision;
  }
  [[nodiscard]] const std::vector<Placed>& sent() const { return sent_; }
  [[nodiscard]] const OrderLedger& ledger() const { return ledger_; }

 private:
  OrderLedger ledger_;
  std::uint64_t next_ = 0;
  std::vector<Placed> sent_;
};

}  // namespace funnel::module
