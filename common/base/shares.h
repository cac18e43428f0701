// Slots of one kind (connections, contexts, jobs), limited in all, so that no client can take them
// from all others: each has at most its share, and those that are known by configuration (services,
// root) have slots that nobody else can take.
//
// Half of all slots is kept for known clients, in equal parts; the other half is taken as it
// comes. A Slot gives itself back. Not thread-safe; outlives its slots.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace funnel {

class Shares {
 public:
  struct Limits {
    std::size_t total = 0;
    std::size_t per_client = 0;
    std::size_t known = 0;  // clients that have slots kept for them
  };
  // Nobody gets more than half of TOTAL.
  [[nodiscard]] static Limits Halves(std::size_t total, std::size_t known) {
    return {.total = total, .per_client = std::max<std::size_t>(1, total / 2), .known = known};
  }
  enum class Standing { kKnown, kStranger };

  // One slot, taken. Empty: there was none.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept
        : shares_(std::exchange(other.shares_, nullptr)), client_(std::move(other.client_)) {}
    Slot& operator=(Slot&& other) noexcept {
      if (this == &other) return *this;
      Release();
      shares_ = std::exchange(other.shares_, nullptr);
      client_ = std::move(other.client_);
      return *this;
    }
    ~Slot() { Release(); }
    explicit operator bool() const { return shares_ != nullptr; }
    void Release() {
      if (Shares* shares = std::exchange(shares_, nullptr)) shares->Return(client_);
    }

   private:
    friend class Shares;
    Slot(Shares& shares, std::string_view client) : shares_(&shares), client_(client) {}

    Shares* shares_ = nullptr;
    std::string client_;
  };

  Shares() = default;
  explicit Shares(Limits limits) : limits_(limits) {}
  Shares(const Shares&) = delete;
  Shares& operator=(const Shares&) = delete;

  // What is taken stays taken, also where the new limits are lower.
  void set_limits(Limits limits) { limits_ = limits; }
  [[nodiscard]] Slot Take(std::string_view client, Standing standing = Standing::kKnown);

  // Whether Take() would yield one.
  [[nodiscard]] bool HasRoom(std::string_view client, Standing standing = Standing::kKnown) const;

  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::size_t TakenBy(std::string_view client) const;
  // What is kept for each known client.
  [[nodiscard]] std::size_t reserve() const {
    if (limits_.known == 0) return 0;
    return std::min(limits_.per_client, limits_.total / 2 / limits_.known);
  }

 private:
  struct Use {
    std::size_t reserved = 0;  // of the client's own
    std::size_t common = 0;
  };
  [[nodiscard]] bool IsOwn(const Use& use, Standing standing) const {
    return standing == Standing::kKnown && use.reserved < reserve();
  }
  [[nodiscard]] Use UseOf(std::string_view client) const;
  void Return(const std::string& client);

  Limits limits_;
  std::map<std::string, Use, std::less<>> use_;
  std::size_t taken_ = 0;
  std::size_t common_ = 0;
};

}  // namespace funnel
