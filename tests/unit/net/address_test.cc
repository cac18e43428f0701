#include <gtest/gtest.h>

#include "common/net/address_order.h"
#include "common/net/address_race.h"

namespace funnel::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SocketAddress At(std::string_view host) { return *SocketAddress::FromLiteral(host, 53); }

std::vector<SocketAddress> All(std::initializer_list<std::string_view> hosts) {
  std::vector<SocketAddress> out;
  for (const auto host : hosts) out.push_back(At(host));
  return out;
}

std::string Text(const std::vector<SocketAddress>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += (out.empty() ? "" : " ") + address.ip_text();
  return out;
}

TEST(AddressOrder, FamiliesAlternate) {
  EXPECT_EQ(Text(AddressOrder().Arrange(All({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}))),
            "::1 10.0.0.1 ::2 10.0.0.2 ::3");
  EXPECT_EQ(Text(AddressOrder().Arrange(All({"10.0.0.1", "10.0.0.2", "::1"}))),
            "10.0.0.1 ::1 10.0.0.2");
}

TEST(AddressOrder, NamesEachOnce) {
  EXPECT_EQ(Text(AddressOrder().Arrange(All({"::1", "::1", "127.0.0.1", "127.0.0.1"}))),
            "::1 127.0.0.1");
  EXPECT_TRUE(AddressOrder().Arrange({}).empty());
}

TEST(AddressOrder, WhatWorkedIsFirstAndWhatFailedLast) {
  AddressOrder order;
  const auto found = All({"::1", "::2", "10.0.0.1"});
  order.OnFailed(At("::1"));
  EXPECT_EQ(Text(order.Arrange(found)), "::2 10.0.0.1 ::1");
  order.OnWorked(At("10.0.0.1"));
  EXPECT_EQ(Text(order.Arrange(found)), "10.0.0.1 ::2 ::1");
  order.OnWorked(At("::1"));
  EXPECT_EQ(Text(order.Arrange(found)), "::1 10.0.0.1 ::2");
  order.OnFailed(At("::1"));
  EXPECT_EQ(Text(order.Arrange(found)), "::2 10.0.0.1 ::1");
}

TEST(AddressOrder, AddressesThatTheNameHasNoMoreAreNotTried) {
  AddressOrder order;
  order.OnWorked(At("10.0.0.1"));
  order.OnFailed(At("10.0.0.2"));
  EXPECT_EQ(Text(order.Arrange(All({"10.0.0.3"}))), "10.0.0.3");
}

TEST(AddressOrder, RemembersSoManyFailuresOnly) {
  AddressOrder order;
  for (int i = 0; i < 40; ++i) order.OnFailed(At("10.0.0." + std::to_string(i)));
  EXPECT_EQ(Text(order.Arrange(All({"10.0.0.39", "10.0.0.1"}))), "10.0.0.1 10.0.0.39");
}

class AddressRaceTest : public ::testing::Test {
 protected:
  // The address that must be tried now.
  std::string Next(AddressRace& race) const {
    const auto next = race.Next(now_);
    return next ? next->ip_text() : "";
  }

  TimePoint now_{seconds(1000)};
  const std::vector<SocketAddress> two_ = All({"::1", "127.0.0.1"});
};

TEST_F(AddressRaceTest, TheSecondBeginsInParallelToTheFirstAfterTheDelay) {
  AddressRace race(two_, {milliseconds(250), seconds(5)}, now_);
  EXPECT_EQ(Next(race), "::1");
  EXPECT_EQ(Next(race), "");
  EXPECT_EQ(race.due(), now_ + milliseconds(250));
  now_ += milliseconds(249);
  EXPECT_EQ(Next(race), "");
  now_ += milliseconds(1);
  EXPECT_EQ(Next(race), "127.0.0.1");
  EXPECT_TRUE(race.exhausted());
  EXPECT_EQ(race.due(), std::nullopt);
}

TEST_F(AddressRaceTest, AFailureGivesTheNextItsTurnAtOnce) {
  AddressRace race(two_, {milliseconds(250), seconds(5)}, now_);
  EXPECT_EQ(Next(race), "::1");
  now_ += milliseconds(1);
  race.OnFailed(now_);
  EXPECT_EQ(Next(race), "127.0.0.1");
  race.OnFailed(now_);
  EXPECT_EQ(Next(race), "");
  EXPECT_EQ(race.due(), std::nullopt);
}

TEST_F(AddressRaceTest, ManyAddressesAllHaveTheirTurnWithinTheWholeTime) {
  std::vector<SocketAddress> many;
  for (int i = 1; i <= 50; ++i) many.push_back(At("10.0.0." + std::to_string(i)));
  AddressRace race(many, {milliseconds(250), seconds(5)}, now_);
  const TimePoint end = now_ + seconds(5);
  while (!race.exhausted()) {
    now_ = *race.due();
    EXPECT_NE(Next(race), "");
  }
  EXPECT_LT(now_, end - milliseconds(90));
}

TEST_F(AddressRaceTest, WithoutADelayOnlyAFailureBringsTheNext) {
  AddressRace race(two_, {std::nullopt, seconds(5)}, now_);
  EXPECT_EQ(Next(race), "::1");
  EXPECT_EQ(race.due(), std::nullopt);
  now_ += seconds(100);
  EXPECT_EQ(Next(race), "");
  EXPECT_FALSE(race.exhausted());
  race.OnFailed(now_);
  EXPECT_EQ(Next(race), "127.0.0.1");
}

}  // namespace
}  // namespace funnel::net
