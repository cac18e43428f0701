// What the order of a connection's messages costs: nanoseconds for a message to be decided and
// recorded, by what messages have in common.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <vector>

#include "common/module/order_ledger.h"

namespace {

using namespace funnel::module;
using Keys = std::vector<funnel_key>;

constexpr std::uint64_t kMessages = 1'000'000;
constexpr int kRounds = 5;

// Messages of a protocol, for ever again.
struct Traffic {
  std::string_view name;
  Keys (*keys)(std::uint64_t number);
};

constexpr Traffic kTraffic[] = {
    {"one key", [](std::uint64_t) -> Keys { return {{1, 0, FUNNEL_EXCLUSIVE}}; }},
    {"16 connections' ids",
     [](std::uint64_t n) -> Keys { return {{n % 16, 0, FUNNEL_EXCLUSIVE}}; }},
    {"400 ids", [](std::uint64_t n) -> Keys { return {{n % 400, 0, FUNNEL_EXCLUSIVE}}; }},
    {"an id each", [](std::uint64_t n) -> Keys { return {{n, 0, FUNNEL_EXCLUSIVE}}; }},
    {"HTTP/2 answers",
     [](std::uint64_t n) -> Keys { return {{1, 0, FUNNEL_SHARED}, {n / 3, 1, FUNNEL_EXCLUSIVE}}; }},
};

double Nanoseconds(const Traffic& traffic) {
  std::vector<Keys> messages;
  for (std::uint64_t n = 0; n < kMessages; ++n) messages.push_back(traffic.keys(n));
  double best = 0;

  for (int round = 0; round < kRounds; ++round) {
    OrderLedger ledger;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t n = 0; n < kMessages; ++n) {
      const Dependencies message{FUNNEL_BY_KEYS, messages[n]};
      ledger.Record(message, ledger.Decide(message), n, n);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    const double each = took.count() / static_cast<double>(kMessages);
    best = round == 0 ? each : std::min(best, each);
  }
  return best;
}

}  // namespace

int main() {
  for (const Traffic& traffic : kTraffic)
    std::printf("%-20s %6.1f ns a message\n", traffic.name.data(), Nanoseconds(traffic));
}
