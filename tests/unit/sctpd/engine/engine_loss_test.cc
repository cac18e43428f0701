// What loss may do to messages, and what it must not.
#include <random>

#include "tests/unit/sctpd/engine/engine_harness.h"
#include "tests/unit/sctpd/engine/virtual_clock.h"

namespace funnel::sctp::test {
namespace {

class EngineLossTest : public EngineTest {
 protected:
  // Loses RATE of all packets, the same ones in each run.
  void Lose(double rate, unsigned seed = 1) {
    auto random = std::make_shared<std::mt19937>(seed);
    network.fate = [random, rate](auto&, auto&, Bytes&) {
      return std::uniform_real_distribution<>(0, 1)(*random) >= rate;
    };
  }
};

TEST_F(EngineLossTest, LoneLostRequestIsSentAgainSoon) {
  Associate();
  ASSERT_EQ(a.Send("warm-up"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  RunFor(milliseconds(100));
  int lost = 0;
  network.fate = [&](const TransportAddress& from, auto&, Bytes&) {
    return from == b.address || ++lost != 1;
  };
  TimePoint sent = Now();
  ASSERT_EQ(a.Send("request", 3, {.unordered = true}), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 2; }));
  EXPECT_LE(b.messages[1].when - sent, milliseconds(200));
  EXPECT_EQ(a.engine->Stats(a.ups[0].id).retransmitted_chunks, 1u);
}

TEST_F(EngineLossTest, IdleForLongALostRequestIsStillSentAgainSoon) {
  Associate();
  RunFor(milliseconds(1500));
  int lost = 0;
  network.fate = [&](const TransportAddress& from, auto&, Bytes&) {
    return from == b.address || ++lost != 1;
  };
  TimePoint sent = Now();
  ASSERT_EQ(a.Send("request"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  EXPECT_LE(b.messages[0].when - sent, milliseconds(600));
}

TEST_F(EngineLossTest, EverythingArrivesInOrderDespiteLoss) {
  Associate();
  Lose(0.1);
  constexpr std::size_t kCount = 600;
  std::size_t next = 0;
  auto fill = [&] {
    while (next < kCount && a.Send(std::to_string(next) + std::string(next * 37 % 5000, '.'), 5) ==
                                SendStatus::kSent)
      ++next;
  };
  a.on_writable = fill;
  fill();
  ASSERT_TRUE(Run([&] { return b.messages.size() == kCount; }, milliseconds(30'000)));
  for (std::size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(AsText(b.messages[i].bytes), std::to_string(i) + std::string(i * 37 % 5000, '.'));
}

// A bottleneck of 2 MB/s whose queue holds 16 KiB, 20 ms away: slow start fills it and loses
// packets in bursts. Each is sent again about once.
TEST_F(EngineLossTest, FullQueueOnTheWayCostsLittleMoreThanItLost) {
  const VirtualClock clock;
  Associate();
  double busy = 0;
  std::size_t lost = 0;

  network.delay = milliseconds(20);
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    if (from == b.address) return true;
    double now = std::chrono::duration<double>(Now().time_since_epoch()).count();
    double wait = std::max(0.0, busy - now);
    if (wait * 2e6 + static_cast<double>(packet.size()) > 16 << 10) return ++lost, false;
    busy = now + wait + static_cast<double>(packet.size()) / 2e6;
    network.delay = milliseconds(20 + static_cast<int>(wait * 1000));
    return true;
  };

  std::size_t sent = 0;
  auto fill = [&] {
    while (sent < 250 &&
           a.Send(std::string(16384, 'x'), 1, {.unordered = true}) == SendStatus::kSent)
      ++sent;
  };

  a.on_writable = fill;
  fill();
  ASSERT_TRUE(Run([&] { return b.messages.size() == 250; }, milliseconds(60'000)));
  EXPECT_TRUE(a.downs.empty());
  EXPECT_GT(lost, 5u);
  EXPECT_LT(a.engine->Stats(a.ups[0].id).retransmitted_chunks, 4 * lost);
}

TEST_F(EngineLossTest, UnorderedMessagesPassALostOne) {
  Associate();
  int count = 0;
  network.fate = [&](const TransportAddress& from, auto&, Bytes&) {
    return from == b.address || ++count != 1;
  };
  ASSERT_EQ(a.Send("lost at first", 1, {.unordered = true}), SendStatus::kSent);
  a.engine->Flush();
  ASSERT_EQ(a.Send("second", 1, {.unordered = true}), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 2; }));
  EXPECT_EQ(AsText(b.messages[0].bytes), "second");
}

TEST_F(EngineLossTest, ExpiredMessagesAreGivenUp) {
  Associate();
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  constexpr std::size_t kCount = 100;
  SendOptions brief{.unordered = true, .lifetime = milliseconds(50)};
  for (std::size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(a.Send(std::string(1400, 'x'), 1, brief), SendStatus::kSent);
  EXPECT_GT(a.engine->Stats(a.ups[0].id).held_messages, kCount / 2);
  RunFor(milliseconds(150));
  EXPECT_EQ(a.engine->Stats(a.ups[0].id).held_messages, 0u);
  network.fate = nullptr;
  ASSERT_EQ(a.Send("fresh", 1, {.unordered = true}), SendStatus::kSent);
  ASSERT_TRUE(
      Run([&] { return !b.messages.empty() && AsText(b.messages.back().bytes) == "fresh"; }));
  RunFor(milliseconds(700));
  // What was on its way when the network was cut may arrive late.
  EXPECT_LE(b.messages.size(), kCount / 2);
  EXPECT_TRUE(a.downs.empty());
  EXPECT_GT(a.engine->Stats(a.ups[0].id).expired_messages, kCount / 2);
}

TEST_F(EngineLossTest, MessagesWithALifetimeArriveWhenTheWindowOpensInTime) {
  Associate();
  network.delay = milliseconds(5);
  constexpr std::size_t kCount = 2000;
  SendOptions options{.unordered = true, .lifetime = milliseconds(5000)};
  std::size_t sent = 0;
  auto fill = [&] {
    while (sent < kCount && a.Send(std::string(500, 'x'), 1, options) == SendStatus::kSent) ++sent;
  };
  a.on_writable = fill;
  fill();
  ASSERT_TRUE(Run([&] { return b.messages.size() == kCount; }));
  EXPECT_EQ(a.engine->Stats(a.ups[0].id).expired_messages, 0u);
}

}  // namespace
}  // namespace funnel::sctp::test
