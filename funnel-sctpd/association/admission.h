// Limits the associations that no authd has verified yet: in all and for each source address. A
// share is reserved for each configured peer, so that strangers cannot keep the peers out. No I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "funnel-sctpd/engine/address.h"

namespace funnel::sctpd {

class Admission {
 private:
  // An IPv4 address, or the first 64 bits of an IPv6 address: of longer ones a host can make up any
  // number.
  using Source = std::string;

 public:
  // One association's slot, which its destructor returns. The slot belongs to the address from
  // which the association came, even if the association moves. The Admission outlives it.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), source_(std::move(other.source_)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(admission_, other.admission_);
      std::swap(source_, other.source_);
      return *this;
    }
    ~Slot() { Leave(); }
    // Returns the slot early.
    void Leave();

   private:
    friend class Admission;
    Slot(Admission& admission, Source source)
        : admission_(&admission), source_(std::move(source)) {}
    Admission* admission_ = nullptr;
    Source source_;
  };

  struct Limits {
    std::size_t total = 256;
    std::size_t per_address = 16;
  };
  // How many slots for unverified associations are reserved for each configured peer.
  static constexpr std::size_t kSharePerPeer = 2;

  explicit Admission(const Limits& limits) : limits_(limits) {}

  void SetLimits(const Limits& limits) { limits_ = limits; }
  // HOSTS are those of configured peers (their `connect` addresses, and where they were last
  // verified); ports do not matter. The shares of PEERS peers are reserved for them.
  void SetKnownHosts(const std::vector<sctp::TransportAddress>& hosts, std::size_t peers);

  // nullopt: there is no slot for one more from ADDRESS.
  [[nodiscard]] std::optional<Slot> Admit(const sctp::TransportAddress& address);

  [[nodiscard]] std::size_t count() const { return total_; }

 private:
  static Source SourceOf(const sctp::TransportAddress& address);
  void Leave(const Source& source);

  Limits limits_;
  std::set<std::string> known_hosts_;
  std::size_t peers_ = 0;
  std::unordered_map<Source, std::size_t> per_source_;
  std::size_t total_ = 0;
};

}  // namespace funnel::sctpd
