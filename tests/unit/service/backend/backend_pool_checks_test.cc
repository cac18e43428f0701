// What checks make of the backends of a pool.
#include "tests/unit/service/backend/pool_fixture.h"

namespace funnel::service {
namespace {

TEST_F(BackendPoolTest, ChecksTakeABackendDownAndOnlyTheyBringItUp) {
  service_.check = *config::HealthCheck::Parse("connect");
  Configure({"a:1", "b:1"});
  const BackendId a = ViewOf("a").id;
  const Result<> silent = Fail("no answer");
  EXPECT_EQ(pool_.OnChecked(a, silent, now_), Change::kNone);
  EXPECT_EQ(pool_.OnChecked(a, silent, now_), Change::kNone);
  EXPECT_EQ(Shares(10)["a"], 5) << "check-fall is three";
  EXPECT_EQ(pool_.OnChecked(a, silent, now_), Change::kWentDown);
  EXPECT_EQ(pool_.OnChecked(a, silent, now_), Change::kNone);
  EXPECT_EQ(ViewOf("a").error, "check: no answer");
  now_ += service_.down_time;
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kDown) << "down-time does not end it";
  EXPECT_EQ(Shares(10)["a"], 0);

  EXPECT_EQ(pool_.OnWorked(UseOf("a"), now_), Change::kNone);
  EXPECT_EQ(pool_.OnFailed(UseOf("a"), "refused", now_), Change::kNone);
  EXPECT_EQ(pool_.OnChecked(a, {}, now_), Change::kNone);
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kDown) << "check-rise is two";
  EXPECT_EQ(pool_.OnChecked(a, {}, now_), Change::kCameUp);
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kUp);
  EXPECT_LT(Shares(110)["a"], 20) << "its share grows";
  now_ += service_.slow_return;
  EXPECT_EQ(Shares(10)["a"], 5);
  EXPECT_EQ(pool_.OnChecked(BackendId(99), silent, now_), Change::kNone);
}

TEST_F(BackendPoolTest, KnowsWhenAllFailTheirChecks) {
  service_.check = *config::HealthCheck::Parse("connect");
  service_.check_fall = service_.check_rise = 1;
  Configure({"a:1", "b:1 backup"});
  EXPECT_FALSE(pool_.AllFailChecks());
  (void)pool_.OnChecked(ViewOf("a").id, Fail("no answer"), now_);
  BringDown("b");
  EXPECT_FALSE(pool_.AllFailChecks()) << "sessions took down the other one";
  (void)pool_.OnChecked(ViewOf("b").id, Fail("no answer"), now_);
  EXPECT_TRUE(pool_.AllFailChecks());
  (void)pool_.OnChecked(ViewOf("b").id, {}, now_);
  EXPECT_FALSE(pool_.AllFailChecks());
  EXPECT_FALSE(BackendPool().AllFailChecks());
}

TEST_F(BackendPoolTest, AfterDownTimeChecksBringUpWhatSessionsTookDown) {
  service_.check = *config::HealthCheck::Parse("connect");
  Configure({"a:1", "b:1"});
  const BackendId a = ViewOf("a").id;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool_.OnChecked(a, {}, now_), Change::kNone);
  BringDown("a");
  EXPECT_EQ(pool_.OnChecked(a, {}, now_), Change::kNone);
  EXPECT_EQ(pool_.OnChecked(a, {}, now_), Change::kNone) << "what sessions saw holds for down-time";
  now_ += service_.down_time;
  EXPECT_EQ(pool_.OnChecked(a, {}, now_), Change::kCameUp);
}

TEST_F(BackendPoolTest, WithoutChecksSessionsShowWhetherItWorks) {
  service_.check = *config::HealthCheck::Parse("connect");
  service_.check_fall = 1;
  Configure({"a:1", "b:1"});
  EXPECT_EQ(pool_.OnChecked(ViewOf("a").id, Fail("no answer"), now_), Change::kWentDown);
  service_.check = {};
  Configure({"a:1", "b:1"});
  EXPECT_EQ(ViewOf("a").state, BackendPool::State::kReturning);
  EXPECT_FALSE(ViewOf("a").checks.passed());
  EXPECT_EQ(pool_.OnWorked(UseOf("a"), now_), Change::kCameUp);
}

}  // namespace
}  // namespace funnel::service
