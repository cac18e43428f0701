// Readers that take nothing: however many there are, each stops only itself, and not for ever.
#include <gtest/gtest.h>

#include "common/wire/session/shared_buffer.h"
#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using std::chrono::seconds;

// `a` has the readers, `b` sends.
class StuckEnds : public Ends {
 public:
  explicit StuckEnds(const ChannelSettings& settings = {}) : Ends(settings) {
    b.seen.on_writable = [this](SessionId id) { Send(id); };
  }
  SessionId OpenStuck() {
    const SessionId id = Open();
    a.seen.appetite[id] = 0;
    return id;
  }
  SessionId Open() {
    auto id = a.channel->OpenSession({});
    for (; !id; id = a.channel->OpenSession({})) Run();
    return *id;
  }
  void Offer(SessionId id, std::size_t size) {
    left[id] += size;
    Send(id);
  }
  void Send(SessionId id) {
    const std::string text(std::min<std::size_t>(left[id], 300'000), 'x');
    left[id] -= b.channel->SendBytes(id, AsBytes(text));
  }
  std::size_t Got(SessionId id) { return a.seen.sessions[id].bytes.size(); }

  std::map<SessionId, std::size_t> left;  // that `b` has still to send
};

TEST(Stuck, TenThousandReadersStopOnlyThemselves) {
  constexpr std::size_t kEach = 12'000;
  StuckEnds ends;
  std::vector<SessionId> stuck;
  for (int i = 0; i < 10'000; ++i) {
    stuck.push_back(ends.OpenStuck());
    if (i % 50 != 49) continue;
    ends.Run();
    for (auto id = stuck.end() - 50; id != stuck.end(); ++id) ends.Offer(*id, kEach);
    ends.Run();
  }
  // Each holds something, and all together hold no more than the pool and their own parts.
  for (SessionId id : stuck)
    ASSERT_GE(ends.a.channel->StatsOf(id)->undelivered_bytes, 2000u) << id.value();
  EXPECT_LE(ends.a.channel->undelivered_bytes(), (16u << 20) + 10'000 * kReservedShare);

  // A reader that reads is as fast as ever: its small answers need no waiting, its large ones few
  // turns.
  const SessionId good = ends.Open();
  ends.Run();
  for (std::size_t i = 1; i <= 100; ++i) {
    ends.Offer(good, 1000);
    ends.Flush(ends.b);
    ends.Deliver(ends.b);
    ASSERT_EQ(ends.Got(good), i * 1000);
    ends.Run();
  }
  ends.Offer(good, 2'000'000);
  int round_trips = 0;
  for (bool more = true; more; ++round_trips) {
    ends.Flush(ends.b);
    more = ends.Deliver(ends.b) > 0;
    ends.Flush(ends.a);
    more = ends.Deliver(ends.a) > 0 || more;
  }
  EXPECT_EQ(ends.Got(good), 2'100'000u);
  EXPECT_LE(round_trips, 40);

  // They read again, and miss nothing.
  ends.a.seen.appetite.clear();
  for (SessionId id : stuck) ends.a.channel->Resume(id);
  ends.Run();
  for (SessionId id : stuck) ASSERT_EQ(ends.Got(id), kEach) << id.value();
}

TEST(Stuck, ThoseThatHadReadBeforeStopOnlyThemselvesToo) {
  StuckEnds ends;
  std::vector<SessionId> ids;
  for (int i = 0; i < 300; ++i) {
    ids.push_back(ends.Open());
    ends.Run();
    ends.Offer(ids.back(), 300'000);
    ends.Run();
  }

  for (SessionId id : ids) {
    ends.a.seen.appetite[id] = 0;
    ends.Offer(id, 2'000'000);
  }
  ends.Run();
  EXPECT_LE(ends.a.channel->undelivered_bytes(), (16u << 20) + 300 * kReservedShare);

  const SessionId good = ends.Open();
  ends.Run();
  ends.Offer(good, 200'000);
  ends.Run();
  EXPECT_EQ(ends.Got(good), 200'000u);
}

TEST(Stuck, SmallMessagesCostWhatTheyHold) {
  StuckEnds ends;
  std::vector<SessionId> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(ends.OpenStuck());
  ends.Run();
  for (int round = 0; round < 20; ++round) {
    for (SessionId id : ids)
      for (int i = 0; i < 100; ++i)
        (void)ends.b.channel->SendMessage(id, AsBytes("x"), Order::kFree);
    ends.Run();
  }
  // One byte of payload each: it costs 33 of credit, and almost 200 of memory with its order.
  EXPECT_LE(ends.a.channel->undelivered_bytes() * 190, (16u << 20) + 300 * 24'000);
}

TEST(Stuck, AReaderThatTakesNothingIsResetAfterItsTime) {
  ChannelSettings settings;
  settings.stuck_timeout = seconds(80);
  StuckEnds ends(settings);
  const SessionId stuck = ends.OpenStuck(), slow = ends.OpenStuck();
  ends.Run();
  ends.Offer(stuck, 1000);
  ends.Offer(slow, 1000);
  ends.Run();

  for (int i = 0; i < 90; ++i) {
    if (i < 79) {
      EXPECT_FALSE(ends.a.seen.sessions[stuck].reset) << i;
    }
    ends.a.seen.appetite[slow] = i % 20 == 0 ? 1 : 0;
    if (i % 20 == 0) ends.a.channel->Resume(slow);
    ends.Pass(seconds(1));
    ends.Run();
  }

  EXPECT_TRUE(ends.a.seen.sessions[stuck].reset);
  EXPECT_EQ(ends.a.seen.sessions[stuck].code, EndCode::kTimeout);
  EXPECT_EQ(ends.b.seen.sessions[stuck].code, EndCode::kStuck);
  EXPECT_FALSE(ends.a.seen.sessions[slow].reset);
  EXPECT_EQ(ends.a.channel->stats().sessions_stuck, 1u);
  EXPECT_EQ(ends.a.channel->session_count(), 1u);
}

TEST(Stuck, WithoutATimeoutItStays) {
  StuckEnds ends;
  const SessionId stuck = ends.OpenStuck();
  ends.Run();
  ends.Offer(stuck, 1000);
  ends.Run();
  for (int i = 0; i < 100; ++i) {
    ends.Pass(seconds(20));
    ends.Run();
  }
  EXPECT_FALSE(ends.a.seen.sessions[stuck].reset);
}

}  // namespace
}  // namespace funnel::wire::testing
