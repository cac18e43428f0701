// How much each of those who share a service may ask for a second: new connections or flows,
// datagrams, bytes. They are told apart by a string, a client's network at the listening side
// (client_limits.h) and a peer's principal at the connecting side (peer_limits.h).
//
// A table of limited size has their rates; the one that has been quiet longest is forgotten first.
// Its rates begin again then, which is no worse than having none.
//
// No I/O and no clock: the owner counts and logs refusals. Thread: the loop's.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/clock.h"
#include "common/base/token_bucket.h"

namespace funnel::service {

class RateLimits {
 public:
  // How often a line is logged for one of them.
  static constexpr std::chrono::seconds kReportInterval{60};
  // A second, and as many at once, but 64 KiB at least; 0: any number.
  struct Rates {
    std::uint32_t news = 0;
    std::uint32_t datagrams = 0;
    std::uint64_t bytes = 0;
    std::size_t table = 0;  // of how many the rates are known at once
  };
  enum class Limit { kNetwork, kNew, kSessions, kDatagrams, kBytes };
  struct Refusal {
    Limit limit = Limit::kNetwork;
    bool report = false;  // a log line about this one is due
  };

  // WHO begins something: a connection, a flow. nullopt: RATES allow it.
  [[nodiscard]] std::optional<Refusal> AdmitNew(const Rates& rates, const std::string& who,
                                                TimePoint now);
  // WHO sends a datagram, in any flow.
  [[nodiscard]] std::optional<Refusal> AdmitDatagram(const Rates& rates, const std::string& who,
                                                     std::size_t bytes, TimePoint now);
  // WHO has sent BYTES over connections, beyond its rate if need be.
  void SpendBytes(const Rates& rates, const std::string& who, std::size_t bytes, TimePoint now);
  // When as many as it sent are within its rate, which RATES have; NOW if they are.
  [[nodiscard]] TimePoint BytesFreeAt(const Rates& rates, const std::string& who, TimePoint now);
  // WHO is refused, or has to wait, because of LIMIT.
  [[nodiscard]] Refusal Refuse(const Rates& rates, const std::string& who, Limit limit,
                               TimePoint now);
  // How many were forgotten to make room since the last call.
  [[nodiscard]] std::uint64_t TakeForgotten() { return std::exchange(forgotten_, 0); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    TokenBucket news, datagrams, bytes;
    std::optional<TimePoint> reported;
    std::list<std::string>::iterator place;  // in quiet_
  };

  // Finds or makes the entry of WHO, which becomes the last to be forgotten; the table keeps MOST.
  [[nodiscard]] Entry& Find(const std::string& who, std::size_t most);
  [[nodiscard]] static Refusal Refuse(Entry& entry, Limit limit, TimePoint now);

  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> quiet_;  // the one quiet longest is first
  std::uint64_t forgotten_ = 0;
};

}  // namespace funnel::service
