#include "common/service/client/client_limits.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Limit = RateLimits::Limit;

SocketAddress Host(const std::string& text) { return *SocketAddress::FromLiteral(text, 1234); }

class ClientLimitsTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool New(const std::string& host) {
    return !limits_.AdmitNew(service_, Host(host), now_);
  }
  [[nodiscard]] bool Sends(const std::string& host, std::size_t bytes) {
    return !limits_.AdmitDatagram(service_, Host(host), bytes, now_);
  }

  config::ServiceConfig service_;
  ClientLimits limits_;
  TimePoint now_ = TimePoint{} + seconds(1000);
};

TEST_F(ClientLimitsTest, WithoutLimitsNobodyIsLookedAt) {
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(New("192.0.2.1") && Sends("192.0.2.1", 65507));
  EXPECT_EQ(limits_.rates().size(), 0u);
}

TEST_F(ClientLimitsTest, OnlyNetworksThatAreListedAreServed) {
  service_.client_allow = {*config::Network::Parse("192.0.2.0/24"),
                           *config::Network::Parse("2001:db8::/32")};
  EXPECT_TRUE(New("192.0.2.1") && New("2001:db8:1::1") && New("::ffff:192.0.2.1"));
  EXPECT_FALSE(New("192.0.3.1"));
  EXPECT_FALSE(New("::1"));
  EXPECT_FALSE(Sends("192.0.3.1", 1));
  EXPECT_EQ(limits_.AdmitNew(service_, Host("192.0.3.1"), now_)->limit, Limit::kNetwork);
  EXPECT_EQ(limits_.rates().size(), 0u) << "strangers take no places";
}

TEST_F(ClientLimitsTest, SoManyASecondAndSoManyAtOnce) {
  service_.client_new_rate = 10;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(New("192.0.2.1"));
  EXPECT_FALSE(New("192.0.2.1"));
  EXPECT_TRUE(New("192.0.2.2")) << "another client";
  now_ += milliseconds(100);
  EXPECT_TRUE(New("192.0.2.1"));
  EXPECT_FALSE(New("192.0.2.1"));
  now_ += std::chrono::hours(1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(New("192.0.2.1"));
  EXPECT_EQ(limits_.AdmitNew(service_, Host("192.0.2.1"), now_)->limit, Limit::kNew);
}

TEST_F(ClientLimitsTest, AClientWithConnectionsComesIntoDebtForItself) {
  service_.client_byte_rate_bytes = 100'000;
  const auto rates = ClientRates(service_);
  const std::string one = ClientOf(Host("192.0.2.1"));
  limits_.rates().SpendBytes(rates, one, 200'000, now_);
  const TimePoint free_at = limits_.rates().BytesFreeAt(rates, one, now_);
  EXPECT_GE(free_at, now_ + seconds(1));
  EXPECT_LE(free_at, now_ + milliseconds(1001));
  EXPECT_EQ(limits_.rates().BytesFreeAt(rates, ClientOf(Host("192.0.2.2")), now_), now_);
  EXPECT_TRUE(limits_.Refuse(service_, Host("192.0.2.1"), Limit::kBytes, now_).report);
  EXPECT_FALSE(limits_.Refuse(service_, Host("192.0.2.1"), Limit::kBytes, now_).report)
      << "once a minute";
}

TEST_F(ClientLimitsTest, DatagramsAndBytesHaveRatesOfTheirOwn) {
  service_.client_datagram_rate = 2;
  EXPECT_TRUE(Sends("192.0.2.1", 1) && Sends("192.0.2.1", 1));
  EXPECT_EQ(limits_.AdmitDatagram(service_, Host("192.0.2.1"), 1, now_)->limit, Limit::kDatagrams);
  service_.client_datagram_rate = 0;
  service_.client_byte_rate_bytes = 1000;
  EXPECT_TRUE(Sends("192.0.2.2", 65507)) << "one of any size passes";
  EXPECT_EQ(limits_.AdmitDatagram(service_, Host("192.0.2.2"), 1000, now_)->limit, Limit::kBytes);
  now_ += seconds(1);
  EXPECT_TRUE(Sends("192.0.2.2", 1000));
}

TEST_F(ClientLimitsTest, AnIpv6HostIsItsNetworkAndALinksHostsAreMany) {
  service_.client_new_rate = 1;
  EXPECT_TRUE(New("2001:db8::1"));
  EXPECT_FALSE(New("2001:db8::2"));
  EXPECT_TRUE(New("2001:db8:0:1::1"));
  EXPECT_TRUE(New("fe80::1") && New("fe80::2"));
  EXPECT_TRUE(New("192.0.2.1"));
  EXPECT_FALSE(New("::ffff:192.0.2.1"));
}

TEST_F(ClientLimitsTest, WhoHasBeenQuietLongestIsForgotten) {
  service_.client_new_rate = 1;
  service_.rate_table = 64;
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(New("192.0.2." + std::to_string(i)));
  EXPECT_FALSE(New("192.0.2.0")) << "it is known, and asks again";
  EXPECT_TRUE(New("198.51.100.1"));
  EXPECT_EQ(limits_.rates().size(), 64u);
  EXPECT_EQ(limits_.rates().TakeForgotten(), 1u);
  EXPECT_EQ(limits_.rates().TakeForgotten(), 0u);
  EXPECT_FALSE(New("192.0.2.0"));
  EXPECT_TRUE(New("192.0.2.1")) << "the one that was forgotten begins anew";
}

TEST_F(ClientLimitsTest, AClientHasOneLineAMinute) {
  service_.client_new_rate = 1;
  EXPECT_TRUE(New("192.0.2.1") && New("192.0.2.2"));
  EXPECT_TRUE(limits_.AdmitNew(service_, Host("192.0.2.1"), now_)->report);
  EXPECT_FALSE(limits_.AdmitNew(service_, Host("192.0.2.1"), now_)->report);
  EXPECT_TRUE(limits_.AdmitNew(service_, Host("192.0.2.2"), now_)->report);
  int lines = 0;
  for (int i = 0; i < 1200; ++i) {
    now_ += milliseconds(100);
    const auto refusal = limits_.AdmitNew(service_, Host("192.0.2.1"), now_);
    if (refusal && refusal->report) ++lines;
  }
  EXPECT_EQ(lines, 2);
}

}  // namespace
}  // namespace funnel::service
