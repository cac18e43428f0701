// The requests of a connection that have no reply yet, and the policy rule that each is about. A
// new one may replace one with the same place in the table; the reply to the replaced one is then a
// barrier.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace simco {

class UnansweredRequests {
 public:
  struct Request {
    std::optional<std::uint32_t> rule;
  };

  // A transaction identifier that is used again before its reply came, which section 4.2.5 forbids,
  // stands for neither request.
  void Add(std::uint32_t transaction, std::optional<std::uint32_t> rule) {
    Entry& entry = EntryOf(transaction);
    entry = {.used = true,
             .unclear = entry.used && entry.transaction == transaction,
             .transaction = transaction,
             .request = {rule}};
  }
  void Remove(std::uint32_t transaction) { (void)Take(transaction); }
  // nullopt: it is not known what the reply is about.
  [[nodiscard]] std::optional<Request> Take(std::uint32_t transaction) {
    Entry& entry = EntryOf(transaction);
    if (!entry.used || entry.transaction != transaction) return std::nullopt;
    const Entry taken = entry;
    entry = {};
    return taken.unclear ? std::nullopt : std::optional(taken.request);
  }

 private:
  struct Entry {
    bool used = false, unclear = false;
    std::uint32_t transaction = 0;
    Request request;
  };

  [[nodiscard]] Entry& EntryOf(std::uint32_t transaction) {
    return entries_[transaction % entries_.size()];
  }

  std::array<Entry, 1024> entries_{};
};

}  // namespace simco
