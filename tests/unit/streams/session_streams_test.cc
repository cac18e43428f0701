// What OPEN_SESSION says about a client's streams.
#include <gtest/gtest.h>

#include "common/wire/frame/session_info.h"

namespace funnel::wire {
namespace {

bool Parses(const Bytes& fields) { return ParseSessionInfo(fields).has_value(); }

TEST(SessionStreams, ComeBackAsTheyWereWritten) {
  for (const StreamCounts streams : {StreamCounts{1, 65535}, StreamCounts{300, 1}}) {
    const SessionInfo info{.client = "192.0.2.1:4711", .local = "", .streams = streams};
    const auto back = ParseSessionInfo(SerializeSessionInfo(info));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, info);
  }
  EXPECT_TRUE(Parses({7, 4, 0, 1, 0, 1}));
}

TEST(SessionStreams, ThatAreNoneAreRejected) {
  EXPECT_FALSE(Parses({7, 0}));
  EXPECT_FALSE(Parses({7, 3, 0, 1, 0}));
  EXPECT_FALSE(Parses({7, 5, 0, 1, 0, 1, 0}));
  EXPECT_FALSE(Parses({7, 4, 0, 0, 0, 1}));
  EXPECT_FALSE(Parses({7, 4, 0, 1, 0, 0}));
  EXPECT_FALSE(Parses({7, 4, 0, 1, 0, 1, 7, 4, 0, 1, 0, 1}));  // twice
}

}  // namespace
}  // namespace funnel::wire
