#include "common/wire/channel/arrivals.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/start.h"

namespace funnel::wire {
namespace {

using Verdict = Arrivals::Verdict;

SealedHeader Frame(std::uint64_t sequence, bool reliable, std::uint64_t before) {
  return {.reliable = reliable, .reliable_before = before, .sequence = sequence};
}
SealedHeader Reliable(std::uint64_t sequence) { return Frame(sequence, true, sequence); }

TEST(ReplayWindow, TakesEachNumberOnce) {
  ReplayWindow window;
  for (std::uint64_t sequence : {5, 0, 3, 9}) {
    EXPECT_EQ(window.Check(sequence), ReplayWindow::Verdict::kNew);
    window.Mark(sequence);
    EXPECT_EQ(window.Check(sequence), ReplayWindow::Verdict::kReplay);
  }
  EXPECT_EQ(window.holes(), 6u);
  EXPECT_EQ(window.total(), 4u);
}

TEST(ReplayWindow, IsExactly65536Wide) {
  ReplayWindow window;
  window.Mark(65536 + 10);
  EXPECT_EQ(window.Check(10), ReplayWindow::Verdict::kTooOld);
  EXPECT_EQ(window.Check(11), ReplayWindow::Verdict::kNew);
  EXPECT_EQ(window.holes(), 65535u);
}

TEST(ReplayWindow, ForgetsWhatItSlidesOver) {
  ReplayWindow window;
  for (std::uint64_t sequence = 0; sequence < 200000; ++sequence) window.Mark(sequence);
  EXPECT_EQ(window.holes(), 0u);
  window.Mark(200000 + 65536);  // a jump by more than the window
  EXPECT_EQ(window.Check(200000 + 65535), ReplayWindow::Verdict::kNew);
  EXPECT_EQ(window.holes(), 65535u);
}

TEST(ReplayWindow, WorksUpToTheEndOfItsNumbers) {
  ReplayWindow window;
  const std::uint64_t last = (std::uint64_t{1} << 48) - 1;
  window.Mark(last);
  EXPECT_EQ(window.Check(last), ReplayWindow::Verdict::kReplay);
  EXPECT_EQ(window.Check(last - 1), ReplayWindow::Verdict::kNew);
}

TEST(Arrivals, NothingIsMissingInSequence) {
  Arrivals arrivals;
  for (std::uint64_t s = 0; s < 100; ++s)
    EXPECT_EQ(arrivals.Admit(Reliable(s), kStart), Verdict::kNew);
  EXPECT_EQ(arrivals.missing(), 0u);
  EXPECT_EQ(arrivals.Admit(Reliable(50), kStart), Verdict::kReplay);
}

TEST(Arrivals, KnowsAMissingReliableFrameFromTheNextOne) {
  Arrivals arrivals;
  (void)arrivals.Admit(Reliable(0), kStart);
  (void)arrivals.Admit(Reliable(2), kStart);
  EXPECT_EQ(arrivals.missing(), 1u);
  EXPECT_EQ(arrivals.missing_since(), kStart);
  (void)arrivals.Admit(Reliable(1), kStart);
  EXPECT_EQ(arrivals.missing(), 0u);
  EXPECT_FALSE(arrivals.missing_since());
}

TEST(Arrivals, ALostExpirableFrameIsNotMissing) {
  Arrivals arrivals;
  (void)arrivals.Admit(Frame(0, false, 0), kStart);
  (void)arrivals.Admit(Frame(5, false, 0), kStart);
  EXPECT_EQ(arrivals.missing(), 0u);
}

TEST(Arrivals, CallsItTamperingWhenTheWindowSlidesOverAReliableFrame) {
  Arrivals arrivals;
  (void)arrivals.Admit(Reliable(0), kStart);
  for (std::uint64_t s = 2; s <= 65536; ++s)
    ASSERT_EQ(arrivals.Admit(Reliable(s), kStart), Verdict::kNew) << s;
  EXPECT_EQ(arrivals.Admit(Reliable(65537), kStart), Verdict::kTampered);
}

TEST(Arrivals, CallsItTamperingAmongExpirableLosses) {
  // Every third frame is reliable; every second of the expirable ones is lost, and one reliable
  // one.
  Arrivals arrivals;
  std::uint64_t before = 0;
  std::uint64_t s = 0;
  for (; s < 300000; ++s) {
    const bool reliable = s % 3 == 0;
    const bool lost = reliable ? s == 300 : s % 2 == 0;
    if (!lost && arrivals.Admit(Frame(s, reliable, before), kStart) == Verdict::kTampered) break;
    before += reliable;
  }
  EXPECT_GT(s, 65536u);
  EXPECT_LT(s, 2 * 65536u + 1000u);
}

TEST(Arrivals, ExpirableLossesAloneNeverLookLikeTampering) {
  Arrivals arrivals;
  std::uint64_t before = 0;
  for (std::uint64_t s = 0; s < 300000; ++s) {
    const bool reliable = s % 3 == 0;
    if (reliable || s % 2) {
      ASSERT_EQ(arrivals.Admit(Frame(s, reliable, before), kStart), Verdict::kNew);
    }
    before += reliable;
  }
}

TEST(Arrivals, CountsThatContradictAreNoticed) {
  Arrivals arrivals;
  (void)arrivals.Admit(Reliable(0), kStart);
  EXPECT_EQ(arrivals.Admit(Frame(3, true, 0), kStart), Verdict::kInconsistent);  // fewer
  EXPECT_EQ(arrivals.Admit(Frame(3, true, 4), kStart), Verdict::kInconsistent);  // too many
  EXPECT_EQ(arrivals.Admit(Frame(3, true, 3), kStart), Verdict::kNew);
  EXPECT_EQ(arrivals.Admit(Frame(2, true, 9), kStart), Verdict::kInconsistent);
}

TEST(Arrivals, WatchesTheOldestGap) {
  Arrivals arrivals;
  (void)arrivals.Admit(Reliable(1), kStart);
  (void)arrivals.Admit(Reliable(3), kStart + std::chrono::seconds(5));
  EXPECT_EQ(arrivals.missing_since(), kStart);
  (void)arrivals.Admit(Reliable(0), kStart + std::chrono::seconds(9));
  // The gap at 2 is known to be missing since a moment before the next watch began.
  EXPECT_EQ(arrivals.missing_since(), kStart + std::chrono::seconds(9));
  (void)arrivals.Admit(Reliable(2), kStart + std::chrono::seconds(10));
  EXPECT_FALSE(arrivals.missing_since());
}

TEST(Arrivals, TheEndTellsOfFramesBehindTheNewest) {
  Arrivals arrivals;
  (void)arrivals.Admit(Reliable(0), kStart);
  ASSERT_TRUE(arrivals.SetEnd(3, 2, kStart));
  EXPECT_EQ(arrivals.missing(), 1u);
  EXPECT_FALSE(arrivals.AllReliableArrived());
  EXPECT_EQ(arrivals.Admit(Frame(1, true, 1), kStart), Verdict::kNew);
  EXPECT_TRUE(arrivals.AllReliableArrived());
  EXPECT_FALSE(arrivals.AllArrived());
  EXPECT_EQ(arrivals.Admit(Frame(2, false, 2), kStart), Verdict::kNew);
  EXPECT_TRUE(arrivals.AllArrived());
  EXPECT_EQ(arrivals.Admit(Frame(3, false, 2), kStart), Verdict::kInconsistent);
}

TEST(Arrivals, AnImpossibleEndIsRefused) {
  Arrivals arrivals;
  (void)arrivals.Admit(Reliable(4), kStart);
  EXPECT_FALSE(arrivals.SetEnd(4, 4, kStart));  // before what came
  EXPECT_FALSE(arrivals.SetEnd(9, 4, kStart));  // fewer reliable ones than came
  EXPECT_FALSE(arrivals.SetEnd(6, 7, kStart));
  EXPECT_TRUE(arrivals.SetEnd(6, 6, kStart));
  EXPECT_FALSE(arrivals.SetEnd(6, 6, kStart));  // twice
}

}  // namespace
}  // namespace funnel::wire
