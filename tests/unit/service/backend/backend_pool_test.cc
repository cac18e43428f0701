#include "tests/unit/service/backend/pool_fixture.h"

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

TEST_F(BackendPoolTest, NoneIsLeftWhereAllWereTried) {
  EXPECT_FALSE(Pick());
  Configure({"a:1"});
  EXPECT_EQ(Next(), "a");
  EXPECT_FALSE(Pick("", {Pick().id()}));
}

TEST_F(BackendPoolTest, TheirTurnsAreEvenlySpread) {
  Configure({"a:1", "b:1", "c:1"});
  EXPECT_EQ(Sequence(6), "abcabc");
  Configure({"x:1 weight=5", "y:1", "z:1"});
  EXPECT_EQ(Sequence(7), "xxyxzxx");
  EXPECT_EQ(Shares(700), (std::map<std::string, int>{{"x", 500}, {"y", 100}, {"z", 100}}));
}

TEST_F(BackendPoolTest, ABackupIsForTheEnd) {
  Configure({"b:1 backup weight=9", "a:1", "c:1 backup"});
  EXPECT_EQ(Sequence(3), "aaa");
  const auto primary = Pick();
  const auto backup = Pick("", {primary.id()});
  EXPECT_EQ(backup.endpoint().host, "b");
  EXPECT_EQ(Pick("", {primary.id(), backup.id()}).endpoint().host, "c");
}

TEST_F(BackendPoolTest, BackupsServeWhileAllOthersAreDown) {
  Configure({"a:1", "b:1", "c:1 backup"});
  BringDown("a");
  EXPECT_EQ(Sequence(4), "bbbb");
  BringDown("b");
  EXPECT_EQ(Sequence(4), "cccc");
  BringDown("c");
  // Somebody must be asked, and primaries first.
  EXPECT_EQ(Shares(4), (std::map<std::string, int>{{"a", 2}, {"b", 2}}));
}

TEST_F(BackendPoolTest, TheFewestSessionsForTheWeight) {
  service_.balance = config::Balance::kLeastSessions;
  Configure({"a:1", "b:1 weight=3"});
  std::vector<BackendPool::Use> uses;
  std::map<std::string, int> shares;
  for (int i = 0; i < 40; ++i) {
    uses.push_back(Pick());
    ++shares[uses.back().endpoint().host];
  }
  EXPECT_EQ(shares["a"], 10);
  EXPECT_EQ(shares["b"], 30);

  std::erase_if(uses, [](const auto& use) { return use.endpoint().host == "a"; });
  for (int i = 0; i < 9; ++i) {
    uses.push_back(Pick());
    EXPECT_EQ(uses.back().endpoint().host, "a");
  }
}

TEST_F(BackendPoolTest, AClientStaysAndOnlyThoseOfOneThatGoesMove) {
  service_.balance = config::Balance::kClient;
  Configure({"a:1", "b:1", "c:1"});
  std::map<std::string, std::string> before;
  std::map<std::string, int> shares;
  for (int i = 0; i < 3000; ++i) {
    const std::string client =
        "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":";
    before[client] = Next(client + "1");
    EXPECT_EQ(Next(client + "65535"), before[client]);
    ++shares[before[client]];
  }
  for (const auto& [host, count] : shares) EXPECT_NEAR(count, 1000, 120) << host;

  BringDown("b");
  for (const auto& [client, host] : before) {
    const std::string now = Next(client + "7");
    EXPECT_NE(now, "b");
    if (host != "b") {
      EXPECT_EQ(now, host);
    }
  }
}

TEST_F(BackendPoolTest, ClientsAreDividedByWeightAndIpv6ByNetworks) {
  service_.balance = config::Balance::kClient;
  Configure({"a:1 weight=1", "b:1 weight=3"});
  int many = 0;
  for (int i = 0; i < 4000; ++i)
    many += Next("[2001:db8:0:" + std::to_string(i) + "::1]:5") == "b" ? 1 : 0;
  EXPECT_NEAR(many, 3000, 150);
  EXPECT_EQ(Next("[2001:db8::1]:5"), Next("[2001:db8::ffff:2]:6"));
  // The same wherever and whenever it is asked.
  EXPECT_EQ(Next("192.0.2.1:1") + Next("192.0.2.2:1") + Next("192.0.2.3:1"), "bba");
}

TEST_F(BackendPoolTest, AClientWithoutAnAddressIsInNobodysShare) {
  service_.balance = config::Balance::kClient;
  Configure({"a:1", "b:1"});
  EXPECT_EQ(Sequence(4), "abab");
}

TEST_F(BackendPoolTest, OnlyFailuresInARowCount) {
  Configure({"a:1", "b:1"});
  const auto use = UseOf("a");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(pool_.OnFailed(use, "refused", now_), Change::kNone);
    EXPECT_EQ(pool_.OnFailed(use, "timed out", now_), Change::kNone);
    EXPECT_EQ(pool_.OnWorked(use, now_), Change::kNone);
  }
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kUp);
  EXPECT_EQ(ViewOf("a").failures_total, 10u);
  EXPECT_EQ(ViewOf("a").error, "timed out");
  EXPECT_EQ(pool_.down_count(), 0u);
}

TEST_F(BackendPoolTest, WithoutDownAfterNoneGoesDown) {
  service_.down_after = 0;
  Configure({"a:1", "b:1"});
  const auto use = UseOf("a");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pool_.OnFailed(use, "refused", now_), Change::kNone);
  EXPECT_EQ(Shares(4)["a"], 2);
}

TEST_F(BackendPoolTest, AfterItsDownTimeOneFailureIsEnough) {
  Configure({"a:1", "b:1"});
  BringDown("a");
  const TimePoint began = now_;
  now_ += service_.down_time - 1ms;
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kDown);
  EXPECT_EQ(Shares(20)["a"], 0);
  now_ += 1ms;
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kReturning);
  EXPECT_EQ(pool_.OnFailed(UseOf("a"), "refused", now_), Change::kNone);
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kDown);
  EXPECT_EQ(ViewOf("a").since, began);
  EXPECT_EQ(pool_.down_count(), 1u);
  now_ += service_.down_time;
  EXPECT_EQ(pool_.OnWorked(UseOf("a"), now_), Change::kCameUp);
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kUp);
  EXPECT_EQ(pool_.down_count(), 0u);
  // Then it takes as many as at first.
  BringDown("a");
}

TEST_F(BackendPoolTest, ItsWeightGrowsWhenItReturns) {
  Configure({"a:1", "b:1"});
  BringDown("a");
  now_ += service_.down_time;
  EXPECT_NEAR(Shares(1100)["a"], 100, 3);
  now_ += service_.slow_return / 2;
  EXPECT_EQ(pool_.OnWorked(UseOf("a"), now_), Change::kCameUp);
  EXPECT_NEAR(Shares(1500)["a"], 500, 3);
  now_ += service_.slow_return / 2;
  EXPECT_NEAR(Shares(1000)["a"], 500, 3);
}

TEST_F(BackendPoolTest, WithoutSlowReturnItHasAllAtOnce) {
  service_.slow_return = 0s;
  Configure({"a:1", "b:1"});
  BringDown("a");
  now_ += service_.down_time;
  EXPECT_NEAR(Shares(1000)["a"], 500, 3);
}

TEST_F(BackendPoolTest, TheLastResortMayComeUpBeforeItsTime) {
  Configure({"a:1"});
  BringDown("a");
  EXPECT_EQ(Next(), "a");
  EXPECT_EQ(pool_.OnWorked(Pick(), now_), Change::kCameUp);
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kUp);
}

TEST_F(BackendPoolTest, FlowsLeaveOneThatIsDownWhileAnotherIsNot) {
  Configure({"a:1", "b:1"});
  const auto at_a = UseOf("a");
  const auto at_b = UseOf("b");
  EXPECT_FALSE(pool_.ShouldLeave(at_a, now_));
  BringDown("a");
  EXPECT_TRUE(pool_.ShouldLeave(at_a, now_));
  EXPECT_FALSE(pool_.ShouldLeave(at_b, now_));
  BringDown("b");
  EXPECT_FALSE(pool_.ShouldLeave(at_a, now_));
}

TEST_F(BackendPoolTest, AReloadKeepsWhatIsKnownOfThoseThatStay) {
  Configure({"a:1", "b:1"});
  BringDown("a");
  const auto at_b = UseOf("b");
  EXPECT_EQ(ViewOf("b").sessions, 1u);
  Configure({"c:1", "a:1 weight=4"});
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kDown);
  EXPECT_EQ(ViewOf("a").line.weight, 4u);
  EXPECT_EQ(Shares(10)["c"], 10);
  EXPECT_FALSE(at_b.listed());
  EXPECT_TRUE(pool_.ShouldLeave(at_b, now_));
  EXPECT_EQ(at_b.endpoint().host, "b");
  Configure({"b:1"});
  EXPECT_FALSE(at_b.listed()) << "it is another one by now";
  EXPECT_EQ(ViewOf("b").sessions, 0u);
}

TEST_F(BackendPoolTest, DataLivesAsLongAsItsBackendIsUsed) {
  struct Data final : BackendData {
    explicit Data(int& counter) : counter_(counter) {}
    ~Data() override { ++counter_; }
    int& counter_;
  };
  int ends = 0;
  Configure({"a:1", "b:1"});
  auto use = UseOf("a");
  use.data() = std::make_unique<Data>(ends);
  Configure({"b:1"});
  Configure({"b:1"});
  EXPECT_EQ(ends, 0);
  use = {};
  EXPECT_EQ(ends, 0) << "a callback of the data may have dropped the last use";
  Configure({"b:1"});
  EXPECT_EQ(ends, 1);
}

}  // namespace
}  // namespace funnel::service
