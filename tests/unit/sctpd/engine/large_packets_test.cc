#include "funnel-sctpd/engine/packet/large_packets.h"

#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFull = 1400, kSmall = 100;

class LargePacketsTest : public testing::Test {
 protected:
  struct Gap {
    std::uint16_t first, last;
  };
  void Acknowledge(std::uint32_t cumulative, const std::vector<Gap>& gaps = {}) {
    ByteWriter out;
    out.U32(cumulative).U32(1 << 20).U16(static_cast<std::uint16_t>(gaps.size())).U16(0);
    for (const Gap& gap : gaps) out.U16(gap.first).U16(gap.last);
    large.OnAcknowledged(out.bytes(), now);
  }
  // One large chunk goes out again and again, and small ones are acknowledged behind it.
  void Lose(std::uint32_t tsn, int times) {
    for (int i = 0; i < times; ++i) {
      large.OnSent(tsn, kFull, now);
      large.OnSent(tsn + 1, kSmall, now);
      now += 300ms;
      Acknowledge(tsn - 1, {{2, 2}});
    }
  }
  [[nodiscard]] bool vanish() const { return large.vanishing_chunk_bytes() != 0; }

  LargePackets large;
  TimePoint now{1000s};
};

TEST_F(LargePacketsTest, VanishWhileSmallOnesAreAnswered) {
  Lose(10, 7);
  EXPECT_FALSE(vanish());
  Lose(10, 2);
  EXPECT_EQ(large.vanishing_chunk_bytes(), kFull);
}

TEST_F(LargePacketsTest, OneThatArrivesShowsThatTheyPass) {
  Lose(10, 20);
  ASSERT_TRUE(vanish());
  Acknowledge(10);
  EXPECT_FALSE(vanish());
  Lose(12, 20);
  ASSERT_TRUE(vanish());
  large.OnSent(14, kFull, now);
  Acknowledge(11, {{3, 3}});
  EXPECT_FALSE(vanish());
}

TEST_F(LargePacketsTest, SilenceOfThePeerSaysNothing) {
  for (int i = 0; i < 100; ++i, now += 1s) large.OnSent(10, kFull, now);
  EXPECT_FALSE(vanish());
  Acknowledge(9);  // it is back
  EXPECT_FALSE(vanish());
  Acknowledge(10);
  EXPECT_FALSE(vanish());
}

TEST_F(LargePacketsTest, SmallOnesThatAreLostSayNothing) {
  for (int i = 0; i < 100; ++i, now += 300ms) {
    large.OnSent(10, kSmall, now);
    Acknowledge(9, {{2, 2}});
  }
  EXPECT_FALSE(vanish());
}

// With a lifetime each is given up in time, and the peer counts it as arrived.
TEST_F(LargePacketsTest, GivenUpIsNotArrived) {
  for (std::uint32_t tsn = 0xfffffff0; tsn != 16; ++tsn, now += 300ms) {
    large.OnSent(tsn, kFull, now);
    large.OnGivenUp(tsn);
    Acknowledge(tsn);
  }
  EXPECT_TRUE(vanish());
  large.OnSent(16, kFull, now);
  Acknowledge(16);
  EXPECT_FALSE(vanish());
}

TEST_F(LargePacketsTest, ManyAcknowledgementsAtOnceAreOne) {
  for (int i = 0; i < 20; ++i) {
    large.OnSent(10, kFull, now);
    Acknowledge(9, {{2, 2}});
  }
  now += 3s;
  Acknowledge(9, {{2, 2}});
  EXPECT_FALSE(vanish());
}

TEST_F(LargePacketsTest, ShortAndLyingAcknowledgementsAreHarmless) {
  Lose(10, 20);
  large.OnAcknowledged(Bytes(3), now);
  Bytes lying(12);
  lying[9] = 200;  // gap blocks that are not there
  large.OnAcknowledged(lying, now);
  EXPECT_TRUE(vanish());
}

class LargePacketsOnTheWayTest : public EngineTest {
 protected:
  void DropAbove(std::size_t bytes) {
    network.fate = [bytes](auto&, auto&, Bytes& packet) { return packet.size() <= bytes; };
  }
  [[nodiscard]] std::size_t Vanishing() const {
    return a.engine->Stats(a.ups.back().id).vanishing_packet_bytes;
  }
  // Small messages as a service sends them.
  void RunBesideSmallOnes(const std::function<bool()>& done, milliseconds patience) {
    TimePoint due = Now();
    Run(
        [&] {
          for (; due <= Now(); due += milliseconds(50))
            (void)a.Send("small", 3, {.unordered = true});
          return done();
        },
        patience);
  }
};

TEST_F(LargePacketsOnTheWayTest, AreMissedAndFoundAgain) {
  Associate(Quick());
  DropAbove(1252);
  ASSERT_EQ(a.Send(std::string(6000, 'x'), 1), SendStatus::kSent);
  RunBesideSmallOnes([&] { return Vanishing() != 0; }, milliseconds(8000));
  EXPECT_GT(Vanishing(), 1280u);
  EXPECT_LE(Vanishing(), 1500u);
  DropAbove(SIZE_MAX);
  RunBesideSmallOnes([&] { return Vanishing() == 0; }, milliseconds(8000));
  EXPECT_EQ(Vanishing(), 0u);
}

TEST_F(LargePacketsOnTheWayTest, OfMessagesWithALifetimeAreMissedToo) {
  Associate(Quick());
  DropAbove(1252);
  TimePoint due = Now();
  RunBesideSmallOnes(
      [&] {
        for (; due <= Now(); due += milliseconds(100))
          (void)a.Send(std::string(3000, 'x'), 1,
                       {.unordered = true, .lifetime = milliseconds(500)});
        return Vanishing() != 0;
      },
      milliseconds(10'000));
  EXPECT_NE(Vanishing(), 0u);
}

TEST_F(LargePacketsOnTheWayTest, ThatAreLostNowAndThenAreNotMissed) {
  Associate();
  unsigned count = 0;
  network.fate = [&](auto&, auto&, Bytes&) { return ++count % 5 != 0; };
  bool missed = false;
  RunBesideSmallOnes(
      [&] {
        (void)a.Send(std::string(6000, 'x'), 1);
        missed = missed || Vanishing() != 0;
        return b.messages.size() > 2000;
      },
      milliseconds(4000));
  EXPECT_FALSE(missed);
  EXPECT_GT(b.messages.size(), 20u);
}

}  // namespace
}  // namespace funnel::sctp::test
