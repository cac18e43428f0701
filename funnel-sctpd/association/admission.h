// Who may hold an association that no authd has verified yet: so many in all, so many per source
// address, with a share kept for each configured peer, so that strangers cannot keep them out.
// No I/O.
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
  // An IPv4 address, or the first 64 bits of an IPv6 address: what one host can make up at will.
  using Source = std::string;

 public:
  // One association's slot, given back when this goes. It is that of the address which the
  // association came from, wherever it moves to meanwhile. The Admission outlives it.
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
    // Before its time.
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
  // Unverified associations that are kept free for each configured peer.
  static constexpr std::size_t kSharePerPeer = 2;

  explicit Admission(const Limits& limits) : limits_(limits) {}

  void SetLimits(const Limits& limits) { limits_ = limits; }
  // Hosts of configured peers (their `connect` addresses, and where they were last verified); ports
  // do not count. PEERS shares are kept back from everybody else.
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
