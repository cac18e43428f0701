#include "common/service/client/rate_limits.h"

#include <algorithm>

namespace funnel::service {
namespace {

// A datagram of any size passes, however small the rate in bytes is; over a connection, a frame.
constexpr double kLargestDatagram = 65536;

TokenBucket::Rate RateOf(std::uint64_t per_second) { return {static_cast<double>(per_second)}; }

TokenBucket::Rate ByteRateOf(std::uint64_t per_second) {
  const auto rate = static_cast<double>(per_second);
  return {rate, std::max(rate, kLargestDatagram)};
}

}  // namespace

std::optional<RateLimits::Refusal> RateLimits::AdmitNew(const Rates& rates, const std::string& who,
                                                        TimePoint now) {
  if (rates.news == 0) return std::nullopt;
  Entry& entry = Find(who, rates.table);
  if (entry.news.Take(RateOf(rates.news), now)) return std::nullopt;
  return Refuse(entry, Limit::kNew, now);
}

std::optional<RateLimits::Refusal> RateLimits::AdmitDatagram(const Rates& rates,
                                                             const std::string& who,
                                                             std::size_t bytes, TimePoint now) {
  if (rates.datagrams == 0 && rates.bytes == 0) return std::nullopt;
  Entry& entry = Find(who, rates.table);
  if (rates.datagrams > 0 && !entry.datagrams.Take(RateOf(rates.datagrams), now))
    return Refuse(entry, Limit::kDatagrams, now);
  const auto size = static_cast<double>(bytes);
  if (rates.bytes > 0 && !entry.bytes.Take(ByteRateOf(rates.bytes), now, size))
    return Refuse(entry, Limit::kBytes, now);
  return std::nullopt;
}

void RateLimits::SpendBytes(const Rates& rates, const std::string& who, std::size_t bytes,
                            TimePoint now) {
  Find(who, rates.table).bytes.Spend(ByteRateOf(rates.bytes), now, static_cast<double>(bytes));
}

TimePoint RateLimits::BytesFreeAt(const Rates& rates, const std::string& who, TimePoint now) {
  return Find(who, rates.table).bytes.FreeAt(ByteRateOf(rates.bytes), now);
}

RateLimits::Refusal RateLimits::Refuse(const Rates& rates, const std::string& who, Limit limit,
                                       TimePoint now) {
  return Refuse(Find(who, rates.table), limit, now);
}

RateLimits::Entry& RateLimits::Find(const std::string& who, std::size_t most) {
  if (const auto at = entries_.find(who); at != entries_.end()) {
    quiet_.splice(quiet_.end(), quiet_, at->second.place);
    return at->second;
  }

  while (!entries_.empty() && entries_.size() >= most) {
    entries_.erase(quiet_.front());
    quiet_.pop_front();
    ++forgotten_;
  }
  Entry& added = entries_[who];
  added.place = quiet_.insert(quiet_.end(), who);
  return added;
}

RateLimits::Refusal RateLimits::Refuse(Entry& entry, Limit limit, TimePoint now) {
  const bool report = !entry.reported || now - *entry.reported >= kReportInterval;
  if (report) entry.reported = now;
  return {limit, report};
}

}  // namespace funnel::service
