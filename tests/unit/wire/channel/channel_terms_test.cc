// What a datagram is sent with: its own lifetime, and whether it goes first.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using std::chrono::milliseconds;

constexpr DatagramTerms kReliable{.lifetime = milliseconds(0)};

class ChannelTerms : public ::testing::Test {
 protected:
  ChannelTerms() : ends_(Settings()), session_(*ends_.a.channel->OpenSession({})) {
    ends_.Run();
    ends_.a.out.room = 0;
  }
  static ChannelSettings Settings() {
    ChannelSettings settings;
    settings.lifetime = milliseconds(500);
    settings.datagram_queue_max = 1000;
    return settings;
  }
  void Send(const std::string& text, const DatagramTerms& terms) {
    EXPECT_TRUE(ends_.a.channel->SendDatagram(session_, AsBytes(text), terms));
    EXPECT_FALSE(ends_.Flush(ends_.a));
  }
  // What the far end gets once frames go out again.
  std::vector<std::string> Arrived() {
    ends_.a.out.room = 100;
    ends_.Run();
    return ends_.b.seen.sessions[session_].datagrams;
  }

  Ends ends_;
  SessionId session_;
};

TEST_F(ChannelTerms, EachExpiresByItsOwnLifetime) {
  Send("reliable", kReliable);
  Send("poll", {.lifetime = milliseconds(100)});
  Send("long", {.lifetime = milliseconds(60'000)});
  ends_.Pass(milliseconds(501));
  EXPECT_EQ(Arrived(), (std::vector<std::string>{"reliable", "long"}));
  EXPECT_EQ(ends_.a.channel->stats().datagrams_dropped, 1u);
}

TEST_F(ChannelTerms, UrgentOnesGoFirst) {
  Send("one", kReliable);
  Send("two", {.lifetime = milliseconds(0), .urgent = true});
  EXPECT_EQ(Arrived(), (std::vector<std::string>{"two", "one"}));
}

TEST_F(ChannelTerms, UrgentOnesShareTheLimitAndTakeTheRoomOfOthers) {
  const std::string large(400, 'x');
  Send("old" + large, kReliable);
  Send("new" + large, kReliable);
  Send("first" + large, {.lifetime = milliseconds(0), .urgent = true});
  EXPECT_EQ(Arrived(), (std::vector<std::string>{"first" + large, "new" + large}));
  EXPECT_EQ(ends_.a.channel->stats().datagrams_dropped, 1u);
}

TEST_F(ChannelTerms, WithoutTermsTheSettingsCount) {
  EXPECT_TRUE(ends_.a.channel->SendDatagram(session_, AsBytes("asks")));
  EXPECT_FALSE(ends_.Flush(ends_.a));
  ends_.Pass(milliseconds(501));
  EXPECT_TRUE(Arrived().empty());
}

}  // namespace
}  // namespace funnel::wire::testing
