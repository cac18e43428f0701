// Cookies, and what a cookie means.
#include "sctp/handshake/cookie.h"

#include <gtest/gtest.h>

#include "sctp/handshake/collision.h"
#include "sctp/wire/parameter.h"
#include "tests/sctp/test_random.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using testing::TestRandom;

class CookieTest : public ::testing::Test {
 protected:
  CookieTest() {
    cookie.own_tag = VerificationTag(1);
    cookie.peer_tag = VerificationTag(2);
    cookie.own_tsn = Tsn(3);
    cookie.peer_tsn = Tsn(4);
    cookie.peer_window_bytes = 5;
    cookie.out_streams = 6;
    cookie.in_streams = 7;
    cookie.own_port = 8;
    cookie.peer_port = 9;
    cookie.capabilities = {true, false, 0xabcd};
    cookie.own_tie = 10;
    cookie.peer_tie = 11;
    cookie.peer.host[3] = 12;
    cookie.peer.port = 13;
    cookie.peer.carrier = 14;
  }

  TestRandom random{1};
  TimePoint now{1000s};
  CookieBox box{{60s}, random, now};
  Cookie cookie;
};

TEST_F(CookieTest, ComesBackAsItWas) {
  const auto bytes = box.Seal(cookie, now);
  const auto back = box.Open(bytes, now + 59s);
  ASSERT_TRUE(back);
  cookie.made = now;
  EXPECT_EQ(*back, cookie);
}

TEST_F(CookieTest, KeepsWhereElseThePeerIs) {
  cookie.peer_hosts.resize(kMostHosts);
  cookie.peer_hosts[6][5] = 99;
  cookie.made = now;
  const auto back = box.Open(box.Seal(cookie, now), now);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, cookie);
  cookie.peer_hosts.resize(kMostHosts + 1);
  EXPECT_EQ(box.Open(box.Seal(cookie, now), now)->peer_hosts.size(), kMostHosts);
}

TEST_F(CookieTest, EveryChangedBitIsAForgery) {
  auto bytes = box.Seal(cookie, now);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto back = box.Open(bytes, now);
    ASSERT_FALSE(back) << bit;
    EXPECT_EQ(back.error(), CookieFault::kForged);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
  EXPECT_FALSE(box.Open(ByteView(bytes).first(bytes.size() - 1), now));
  EXPECT_FALSE(box.Open({}, now));
}

TEST_F(CookieTest, OneOfAnotherBoxIsAForgery) {
  TestRandom other_random(2);
  CookieBox other({60s}, other_random, now);
  EXPECT_EQ(box.Open(other.Seal(cookie, now), now).error(), CookieFault::kForged);
}

TEST_F(CookieTest, LivesAcrossAChangeOfKeysAndNoLonger) {
  // A cookie made right before the key changes is opened with the former key.
  const TimePoint made = now + 59s;
  const auto bytes = box.Seal(cookie, made);
  EXPECT_TRUE(box.Open(bytes, now + 61s));
  EXPECT_TRUE(box.Open(bytes, made + 60s));
  EXPECT_FALSE(box.Open(bytes, made + 61s + 1ms));
  EXPECT_FALSE(box.Open(bytes, made + 10min));
  EXPECT_TRUE(box.Open(box.Seal(cookie, made + 10min), made + 10min));
}

TEST_F(CookieTest, StaleIsToldFromForged) {
  const auto bytes = box.Seal(cookie, now + 1s);
  EXPECT_EQ(box.Open(bytes, now + 61s + 1ms).error(), CookieFault::kStale);
}

// RFC 9260 section 5.2.4, table 12.
TEST(CollisionTest, FollowsTheTable) {
  const AssociationTags here{VerificationTag(1), VerificationTag(2), 0xaa, 0xbb};
  const auto judge = [&](std::uint32_t own, std::uint32_t peer, std::uint32_t own_tie,
                         std::uint32_t peer_tie) {
    Cookie cookie;
    cookie.own_tag = VerificationTag(own);
    cookie.peer_tag = VerificationTag(peer);
    cookie.own_tie = own_tie;
    cookie.peer_tie = peer_tie;
    return JudgeCookie(here, cookie);
  };
  EXPECT_EQ(judge(8, 9, 0xaa, 0xbb), CookieMeaning::kRestart);
  EXPECT_EQ(judge(1, 9, 0, 0), CookieMeaning::kCollision);
  EXPECT_EQ(judge(8, 2, 0, 0), CookieMeaning::kLate);
  EXPECT_EQ(judge(1, 2, 0, 0), CookieMeaning::kDuplicate);
  EXPECT_EQ(judge(1, 2, 5, 6), CookieMeaning::kDuplicate);
  EXPECT_EQ(judge(8, 9, 0, 0), CookieMeaning::kNone);
  EXPECT_EQ(judge(8, 9, 0xaa, 0xbc), CookieMeaning::kNone);
  EXPECT_EQ(judge(8, 2, 0xaa, 0xbb), CookieMeaning::kNone);
}

TEST(CollisionTest, AnUnknownPeerMatchesNothing) {
  Cookie cookie;
  cookie.own_tag = VerificationTag(1);
  EXPECT_EQ(JudgeCookie({VerificationTag(1), VerificationTag(0), 0, 0}, cookie),
            CookieMeaning::kCollision);
  cookie.own_tag = VerificationTag(3);
  EXPECT_EQ(JudgeCookie({VerificationTag(1), VerificationTag(0), 0, 0}, cookie),
            CookieMeaning::kNone);
}

TEST(CapabilitiesTest, ReadBack) {
  for (int bits = 0; bits < 8; ++bits) {
    Capabilities can{(bits & 1) != 0, (bits & 2) != 0, std::nullopt};
    if (bits & 4) can.adaptation = 32768;
    Bytes buffer(64);
    BufferWriter out(buffer);
    WriteCapabilities(out, can);
    const auto back = ReadParameters(out.written(), nullptr);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->capabilities, can) << bits;
    EXPECT_FALSE(back->cookie);
  }
}

TEST(CapabilitiesTest, UnknownParametersAreReportedOrStopReading) {
  Bytes buffer(128), report(64);
  BufferWriter out(buffer), reported(report);
  WriteTlv(out, 0xc123, Bytes{1, 2});  // skip and report
  WriteTlv(out, 0x8123, {});           // skip quietly
  WriteParameter(out, ParameterType::kForwardTsnSupported, {});
  WriteTlv(out, 0x4123, {});  // stop and report
  WriteParameter(out, ParameterType::kStateCookie, Bytes{1});
  const auto back = ReadParameters(out.written(), &reported);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->capabilities.partial_reliability);
  EXPECT_FALSE(back->cookie);
  TlvReader reader(reported.written());
  auto first = reader.Next(), second = reader.Next();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->code, 0xc123);
  EXPECT_EQ(first->value.size(), 2u);
  EXPECT_EQ(second->code, 0x4123);
  EXPECT_FALSE(reader.Next());
}

TEST(CapabilitiesTest, RefusesWhatIsBroken) {
  const Bytes short_length{0xc0, 0x00, 0x00, 0x03};
  EXPECT_EQ(ReadParameters(short_length, nullptr).error(), CauseCode::kProtocolViolation);
  const Bytes host_name{0x00, 0x0b, 0x00, 0x08, 'h', 'o', 's', 't'};
  EXPECT_EQ(ReadParameters(host_name, nullptr).error(), CauseCode::kUnresolvableAddress);
  const Bytes adaptation{0xc0, 0x06, 0x00, 0x04};
  EXPECT_EQ(ReadParameters(adaptation, nullptr).error(), CauseCode::kInvalidParameter);
}

}  // namespace
}  // namespace sctp
