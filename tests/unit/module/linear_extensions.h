// Samples orders in which a receiver may deliver messages, given what each states on the wire. It
// follows the protocol's text (man/funnel-protocol.7, "Order"), and uses none of the code that
// applies it.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "common/module/order_ledger.h"
#include "common/wire/frame/types.h"

namespace funnel::module {

// A message that was sent, with the numbers FIRST to LAST.
struct Placed {
  OrderLedger::Decision decision;
  std::uint64_t first = 0, last = 0;
};

class LinearExtensions {
 public:
  LinearExtensions(const std::vector<Placed>& messages, std::uint32_t seed)
      : messages_(messages), random_(seed) {}

  // The indices of the messages in an order of delivery, a different one each call.
  [[nodiscard]] std::vector<std::size_t> Sample() {
    // Either takes any, or the latest: orders with the most overtaking find the most mistakes.
    const bool latest = random_() % 2 == 0;
    std::vector<bool> delivered(messages_.size());
    std::vector<std::size_t> order;
    while (order.size() < messages_.size()) {
      std::vector<std::size_t> possible;
      for (std::size_t i = 0; i < messages_.size(); ++i)
        if (!delivered[i] && MayBeDelivered(i, delivered)) possible.push_back(i);
      const std::size_t next =
          latest && random_() % 4 != 0 ? possible.back() : possible[random_() % possible.size()];
      delivered[next] = true;
      order.push_back(next);
    }
    return order;
  }

 private:
  [[nodiscard]] bool MayBeDelivered(std::size_t index, const std::vector<bool>& delivered) const {
    const Placed& message = messages_[index];
    for (std::size_t i = 0; i < index; ++i) {
      if (delivered[i]) continue;
      if (message.decision.order == wire::Order::kAfterAll) return false;
      if (message.decision.order == wire::Order::kFollows &&
          message.decision.after == messages_[i].last)
        return false;
    }
    return true;
  }

  const std::vector<Placed>& messages_;
  std::mt19937 random_;
};

}  // namespace funnel::module
