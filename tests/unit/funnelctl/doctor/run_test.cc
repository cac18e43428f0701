#include <gtest/gtest.h>

#include "funnelctl/doctor/check.h"

namespace funnel::ctl::doctor {
namespace {

using namespace std::chrono_literals;

TEST(RunChecks, KeepsTheOrderAndNamesTheSubject) {
  std::vector<Check> checks;
  for (int i = 0; i < 40; ++i) {
    checks.push_back({"check", std::to_string(i), 10s, [] { return Findings{Ok("fine")}; }});
  }
  auto reports = RunChecks(checks);
  ASSERT_EQ(reports.size(), 40u);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(reports[i].finding.subject, std::to_string(i));
}

TEST(RunChecks, OneThatHangsIsReportedAndTheOthersGoOn) {
  // Static, because the thread outlives this function.
  static std::atomic<bool> stop = false;
  auto hang = [] {
    stop.wait(false);
    return Findings{Ok("late")};
  };
  auto reports =
      RunChecks({{"slow", "", 50ms, hang},
                 {"quick", "", 10s, [] { return Findings{Warning("so so", "nothing")}; }}});
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].finding.verdict, Verdict::kWrong);
  EXPECT_EQ(reports[0].finding.text, "no result within 50 ms");
  EXPECT_EQ(reports[1].finding.verdict, Verdict::kWarning);
  stop = true;
  stop.notify_all();
}

TEST(RunChecks, AsksAllAtTheSameTime) {
  // Each waits for the other: if they ran one after the other they would not end in time.
  static std::atomic<int> there = 0;
  auto meet = [] {
    ++there;
    there.notify_all();
    for (int now = there; now < 2; now = there) there.wait(now);
    return Findings{Ok("met")};
  };
  for (const Report& report : RunChecks({{"a", "", 10s, meet}, {"b", "", 10s, meet}}))
    EXPECT_EQ(report.finding.text, "met");
}

}  // namespace
}  // namespace funnel::ctl::doctor
