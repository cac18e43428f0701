// The UID FETCH commands of a connection that may overtake each other and are not answered. A new
// tag may replace one with the same place in the table; the result of the replaced one is then a
// barrier.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "modules/imap/command.h"

namespace imap {

class UnansweredFetches {
 public:
  struct Fetch {
    std::uint64_t tag = 0;                                // 0: none
    std::array<std::uint32_t, Command::kMaxUids> uids{};  // if the first is 0: many
  };

  void Add(std::uint64_t tag, const Command& command) {
    Fetch& fetch = fetches_[tag % fetches_.size()];
    fetch = {.tag = tag};
    for (std::size_t i = 0; i < command.uid_count; ++i) fetch.uids[i] = command.uids[i];
  }
  void Remove(std::uint64_t tag) { (void)Take(tag); }
  [[nodiscard]] std::optional<Fetch> Take(std::uint64_t tag) {
    Fetch& fetch = fetches_[tag % fetches_.size()];
    if (fetch.tag != tag || tag == 0) return std::nullopt;
    const Fetch taken = fetch;
    fetch = {};
    return taken;
  }

 private:
  std::array<Fetch, 256> fetches_{};
};

}  // namespace imap
