#include "funnel-sctpd/association/authd_frames.h"

#include <gtest/gtest.h>

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1000s};

TEST(AuthdFrames, LimitInAllNeverComesBack) {
  AuthdFrames frames;
  const AuthdFrames::Limit limit{.frames = 2, .within = Duration::max()};
  EXPECT_TRUE(frames.Admit(limit, kNow));
  EXPECT_TRUE(frames.Admit(limit, kNow + 1h));
  EXPECT_FALSE(frames.Admit(limit, kNow + 2h));
  EXPECT_FALSE(frames.Admit(limit, kNow + 10000h));
}

TEST(AuthdFrames, LimitWithinATimeComesBack) {
  AuthdFrames frames;
  const AuthdFrames::Limit limit{.frames = 2, .within = 10s};
  frames.Restart(kNow);
  EXPECT_TRUE(frames.Admit(limit, kNow));
  EXPECT_TRUE(frames.Admit(limit, kNow + 5s));
  EXPECT_FALSE(frames.Admit(limit, kNow + 10s - 1ms));
  EXPECT_TRUE(frames.Admit(limit, kNow + 10s));
  EXPECT_TRUE(frames.Admit(limit, kNow + 20s - 1ms));
  EXPECT_FALSE(frames.Admit(limit, kNow + 20s - 1ms));
}

TEST(AuthdFrames, SoManyWaitAndComeInTheirOrder) {
  AuthdFrames frames;
  for (std::uint8_t i = 0; i < AuthdFrames::kMaxHeld; ++i) EXPECT_TRUE(frames.Hold({i}));
  EXPECT_FALSE(frames.Hold({99}));
  const auto held = frames.TakeHeld();
  ASSERT_EQ(held.size(), AuthdFrames::kMaxHeld);
  for (std::uint8_t i = 0; i < held.size(); ++i) EXPECT_EQ(held[i], Bytes{i});
  EXPECT_TRUE(frames.TakeHeld().empty());
  EXPECT_TRUE(frames.Hold({1}));
}

TEST(AuthdFrames, HandedOverAreThoseThatDoNotWait) {
  AuthdFrames frames;
  EXPECT_FALSE(frames.handed_over()) << "none has come";
  EXPECT_TRUE(frames.Admit({.frames = 8, .within = 10s}, kNow));
  EXPECT_TRUE(frames.handed_over());
  EXPECT_TRUE(frames.Hold({1}));
  EXPECT_FALSE(frames.handed_over());
}

}  // namespace
}  // namespace funnel::sctpd
