// Paths without an engine: time is the test's, and so is who answers.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "funnel-sctpd/engine/path/paths.h"

namespace funnel::sctp::test {

using std::chrono::milliseconds;

class PathsTest : public ::testing::Test {
 protected:
  static TransportAddress Address(int host) {
    return *TransportAddress::Parse("192.0.2." + std::to_string(host), 9899);
  }
  static Route RouteTo(int host, std::uint8_t local = 0) {
    Route route;
    route.peer = Address(host);
    route.local[0] = local;
    return route;
  }
  void Begin(int host) {
    paths.Begin(RouteTo(host), {milliseconds(1000), milliseconds(300)}, now);
    load.used = now;
  }
  void Offer(std::initializer_list<int> hosts) {
    std::vector<TransportAddress> addresses;
    for (int host : hosts) addresses.push_back(Address(host));
    paths.Offer(addresses, now);
  }
  // In steps of libusrsctp's clock. Who ANSWERS does so after 20 ms; where the path changes to is
  // kept in `moves`.
  void Pass(milliseconds time) {
    for (TimePoint until = now + time; now < until;) {
      now += milliseconds(10);
      if (uses) load.used = now;
      if (acknowledges) paths.OnAcknowledged(now);
      Paths::Orders orders;
      paths.OnTime(load, now, orders);
      for (const auto& order : orders) Send(order);
      while (!sent.empty() && now - sent.front().when >= milliseconds(20)) {
        auto probe = sent.front();
        sent.erase(sent.begin());
        if (!answers.contains(probe.order.route.peer)) continue;
        EXPECT_TRUE(paths.OnAnswer(probe.order.route, probe.order.nonce, now));
      }
      if (auto route = paths.TakeWish()) {
        paths.MoveTo(route->peer, now);
        load.used = now;
        moves.push_back(route->peer);
      }
    }
  }
  void Send(const Paths::Order& order) {
    ++probes[order.route.peer];
    last[order.route.peer] = order.nonce;
    sent.push_back({order, now});
  }
  // The peer sends by HOST, as OnOtherPath sees it.
  bool Hear(int host, bool used = true) {
    Paths::Path* path = paths.Find(Address(host));
    if (path == nullptr) path = paths.Learn(RouteTo(host), now);
    if (path == nullptr) return false;
    if (paths.OnHeard(*path, RouteTo(host), used, now)) Send(paths.Probe(*path, now));
    return true;
  }
  [[nodiscard]] TransportAddress InUse() const { return paths.active().route.peer; }
  [[nodiscard]] PathState StateOf(int host) {
    return paths.StateOf(*paths.Find(Address(host)), now);
  }

  struct Sent {
    Paths::Order order;
    TimePoint when;
  };
  Paths paths;
  TimePoint now = TimePoint{} + std::chrono::hours(1);
  Paths::Load load;
  bool uses = true;           // the peer sends by the path in use
  bool acknowledges = false;  // ... what we sent
  std::set<TransportAddress> answers;
  std::vector<Sent> sent;
  std::map<TransportAddress, int> probes;
  std::map<TransportAddress, ProbeNonce> last;
  std::vector<TransportAddress> moves;
};

}  // namespace funnel::sctp::test
