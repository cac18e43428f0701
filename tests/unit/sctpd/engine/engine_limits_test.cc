// The engine's small parts that have limits: output queue, strangers, addresses, settings.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "funnel-sctpd/engine/output_queue.h"
#include "funnel-sctpd/engine/packet/train_limits.h"
#include "funnel-sctpd/engine/settings.h"
#include "funnel-sctpd/engine/strangers.h"

namespace funnel::sctp {
namespace {

Bytes RandomBytes(std::mt19937& random, std::size_t size) {
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
  return out;
}

// --- output queue

TEST(OutputQueueTest, KeepsOrderAndContents) {
  OutputQueue queue(1 << 20);
  std::mt19937 random(3);
  std::deque<Bytes> expected;
  for (int round = 0; round < 2000; ++round) {
    if (random() % 3 != 0) {
      Bytes bytes = RandomBytes(random, 1 + random() % 1500);
      auto room = queue.Append({}, bytes.size());
      if (room.empty()) continue;
      std::copy(bytes.begin(), bytes.end(), room.begin());
      expected.push_back(bytes);
    } else if (!expected.empty()) {
      std::size_t count = 1 + random() % std::min<std::size_t>(expected.size(), 5);
      queue.Pop(count);
      expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count));
    }

    ASSERT_EQ(queue.size(), expected.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(3, expected.size()); ++i) {
      auto packet = queue.packet(i);
      ASSERT_EQ(Bytes(packet.begin(), packet.end()), expected[i]);
    }
  }
}

TEST(OutputQueueTest, WhatIsWrittenAheadNeedsNoCopy) {
  OutputQueue queue(1 << 20);
  std::mt19937 random(4);
  std::vector<Bytes> expected;
  for (int i = 0; i < 200; ++i) {
    const Bytes bytes = RandomBytes(random, 1 + random() % 1500);
    std::copy(bytes.begin(), bytes.end(), queue.Spare(65536).begin());
    EXPECT_EQ(queue.size(), expected.size());
    ASSERT_FALSE(queue.Append({}, bytes.size()).empty());
    expected.push_back(bytes);
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(queue.packet(i), expected[i])) << i;
}

TEST(OutputQueueTest, RefusesBeyondItsLimit) {
  OutputQueue queue(1000);
  EXPECT_FALSE(queue.Append({}, 600).empty());
  EXPECT_TRUE(queue.Append({}, 600).empty());
  queue.Pop(1);
  EXPECT_FALSE(queue.Append({}, 600).empty());
}

// --- strangers

TEST(StrangersTest, LimitsEachHostAndAll) {
  StrangerLimits limits;
  limits.packets_per_second = 100;
  limits.packets_per_second_per_host = 10;
  Strangers strangers(limits);
  TimePoint now{std::chrono::hours(1)};

  auto host = [](int i) {
    return *TransportAddress::Parse(
        "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), 1);
  };
  auto admit = [&](int i, Strangers::Ask ask = Strangers::Ask::kInit) {
    return strangers.Admit(host(i), ask, now);
  };

  int admitted = 0;
  for (int i = 0; i < 50; ++i) admitted += admit(1);
  EXPECT_EQ(admitted, 10);
  admitted = 0;
  for (int i = 2; i < 500; ++i) admitted += admit(i);
  EXPECT_EQ(admitted, 90);
  EXPECT_FALSE(admit(2));
  // A host whose INIT was answered can continue.
  EXPECT_TRUE(admit(1, Strangers::Ask::kCookieEcho));
  EXPECT_TRUE(admit(1, Strangers::Ask::kOther));

  now += std::chrono::milliseconds(200);
  EXPECT_TRUE(admit(3));
}

TEST(StrangersTest, KnownHostsHaveLimitsOfTheirOwn) {
  StrangerLimits limits;
  limits.packets_per_second = limits.packets_per_second_per_host = 1;
  limits.packets_per_second_per_known_host = 5;
  limits.packets_per_second_of_known_hosts = 8;
  Strangers strangers(limits);
  TimePoint now{std::chrono::hours(1)};

  auto host = [](int i, std::uint16_t port = 1) {
    return *TransportAddress::Parse("10.0.0." + std::to_string(i), port);
  };
  auto admitted = [&](int i) {
    int out = 0;
    for (std::uint16_t port = 1; port < 50; ++port)
      out += strangers.Admit(host(i, port), Strangers::Ask::kInit, now);
    return out;
  };

  strangers.SetKnownHosts({host(1), host(2)});
  EXPECT_TRUE(strangers.IsKnown(host(2, 99)));
  EXPECT_EQ(admitted(9), 1);
  EXPECT_EQ(admitted(1), 5);
  // Setting them again gives no host new tokens.
  strangers.SetKnownHosts({host(1), host(2), host(3)});
  EXPECT_EQ(admitted(1), 0);
  EXPECT_EQ(admitted(2), 3);

  now += std::chrono::seconds(1);
  EXPECT_EQ(admitted(2), 5);
}

// --- trains

TEST(TrainLimitsTest, AreOfOneHostAndForAWhile) {
  TrainLimits trains;
  TimePoint now{std::chrono::hours(1)};
  auto host = [](std::size_t i, std::uint16_t port = 1) {
    return *TransportAddress::Parse(
        "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), port);
  };
  trains.Limit(host(1), 1299, now);
  EXPECT_EQ(trains.LargestSegment(host(1, 77), now), 1299u);
  EXPECT_EQ(trains.LargestSegment(host(2), now), SIZE_MAX);
  now += TrainLimits::kKept;
  EXPECT_EQ(trains.LargestSegment(host(1), now), SIZE_MAX);
  for (std::size_t i = 0; i < 3 * TrainLimits::kMost; ++i) {
    trains.Limit(host(i), 0, now);
    ASSERT_EQ(trains.LargestSegment(host(i), now), 0u);
  }
  EXPECT_LE(trains.size(), TrainLimits::kMost);
}

// --- addresses, settings

TEST(TransportAddressTest, ReadsAndWritesText) {
  auto text = [](std::string_view in) {
    auto address = TransportAddress::Parse(in, 9899);
    return address ? address->text() : "nothing";
  };
  EXPECT_EQ(text("192.0.2.1"), "192.0.2.1:9899");
  EXPECT_EQ(text("192.0.2.1:99"), "192.0.2.1:99");
  EXPECT_EQ(text("2001:db8::1"), "[2001:db8::1]:9899");
  EXPECT_EQ(text("[2001:db8::1]:99"), "[2001:db8::1]:99");
  EXPECT_EQ(text("::ffff:192.0.2.1"), "192.0.2.1:9899") << "mapped";
  for (const char* bad :
       {"", "192.0.2", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", "[::1",
        "[::1]9", "[::1]:", "host.example", "fe80::1%nosuchinterface"})
    EXPECT_EQ(text(bad), "nothing") << bad;
}

TEST(TransportAddressTest, SurvivesSockaddr) {
  for (const char* in : {"192.0.2.1:99", "[2001:db8::1]:99"}) {
    auto address = *TransportAddress::Parse(in, 1);
    for (bool map : {false, true}) {
      sockaddr_storage raw;
      socklen_t length = address.ToSockaddr(raw, map);
      EXPECT_EQ(TransportAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), length), address);
    }
  }
}

}  // namespace
}  // namespace funnel::sctp
