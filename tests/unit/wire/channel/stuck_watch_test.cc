#include "common/wire/channel/stuck_watch.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/start.h"

namespace funnel::wire {
namespace {

using std::chrono::seconds;

constexpr Duration kStuckPatience = seconds(80);

struct Watched {
  Watched() { settings.stuck_timeout = kStuckPatience; }

  // As the timer does, from AT on: when the session was found; nullopt: not within a long time.
  std::optional<TimePoint> FindsAt() {
    for (int i = 0; i < 100; ++i) {
      const auto at = watch.NextTimer();
      if (!at) return std::nullopt;
      if (!watch.Check(sessions, *at).empty()) return at;
    }
    return std::nullopt;
  }

  ChannelSettings settings;
  SessionTable sessions{Role::kInitiator, 10};
  Session& session = *sessions.Open();
  StuckWatch watch{settings};
};

TEST(StuckWatch, FindsAReaderThatTakesNothingWithinAnEighthMoreThanItsTime) {
  Watched watched;
  EXPECT_FALSE(watched.watch.NextTimer());
  watched.session.output_blocked = true;
  watched.watch.Watch(watched.session, kStart);
  const auto found = watched.FindsAt();
  ASSERT_TRUE(found);
  EXPECT_GE(*found, kStart + kStuckPatience);
  EXPECT_LE(*found, kStart + kStuckPatience + kStuckPatience / 8);
}

TEST(StuckWatch, WhoTakesSomethingHasAllItsTimeAgain) {
  Watched watched;
  watched.session.output_blocked = true;
  watched.watch.Watch(watched.session, kStart);
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(watched.watch.Check(watched.sessions, *watched.watch.NextTimer()).empty());
    watched.session.stuck_since = {};
  }
}

TEST(StuckWatch, LooksNoMoreWhenNobodyMayBeStuck) {
  Watched watched;
  watched.session.output_blocked = true;
  watched.watch.Watch(watched.session, kStart);
  watched.session.output_blocked = false;
  EXPECT_FALSE(watched.FindsAt());
  EXPECT_FALSE(watched.watch.NextTimer());
}

TEST(StuckWatch, WithoutATimeoutReadersHaveForEver) {
  Watched watched;
  watched.settings.stuck_timeout = Duration{0};
  watched.session.output_blocked = true;
  watched.watch.Watch(watched.session, kStart);
  EXPECT_FALSE(watched.watch.NextTimer());
}

TEST(StuckWatch, AResetSessionHasTheTimeOfWhatItWaitsFor) {
  for (const bool all_is_here : {true, false}) {
    Watched watched;
    watched.session.peer_reset = {EndCode::kBroken, all_is_here ? 0u : 100u};
    watched.watch.Watch(watched.session, kStart);
    const Duration patience =
        all_is_here ? watched.settings.closed_wait : watched.settings.missing_timeout;
    const auto found = watched.FindsAt();
    ASSERT_TRUE(found);
    EXPECT_GE(*found, kStart + patience);
    EXPECT_LE(*found, kStart + patience + patience / 8);
  }
}

TEST(StuckWatch, WhatGoesBeforeAResetHasTheTimeOfTheNetwork) {
  Watched watched;
  watched.settings.stuck_timeout = Duration{0};
  watched.session.SetPhase(Session::Phase::kFinishing);
  watched.watch.Watch(watched.session, kStart);
  const auto found = watched.FindsAt();
  ASSERT_TRUE(found);
  EXPECT_GE(*found, kStart + watched.settings.missing_timeout);
}

// Its peer may never answer the RESET.
TEST(StuckWatch, WhatWasResetWhileItsReaderWasSlowIsNotStuck) {
  Watched watched;
  watched.session.output_blocked = true;
  watched.watch.Watch(watched.session, kStart);
  watched.session.SetPhase(Session::Phase::kReset);
  EXPECT_FALSE(watched.FindsAt());
}

TEST(StuckWatch, TheEarliestLookCounts) {
  Watched watched;
  watched.watch.LookWithin(seconds(8), kStart);
  watched.watch.LookWithin(seconds(80), kStart);
  EXPECT_EQ(watched.watch.NextTimer(), kStart + seconds(1));
}

}  // namespace
}  // namespace funnel::wire
