// Which candidates a peer has, in which order and how many in parallel they are tried, and what is
// remembered about them.
#include <gtest/gtest.h>

#include "funnel-sctpd/association/dialer.h"
#include "funnel-sctpd/route/path_memory.h"
#include "tests/unit/sctpd/address_of.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000s};
const Attempts::HeadStart kHeadStart{300ms, 1s};

ResolvedAddress At(const std::string& host, std::uint16_t port = 0) {
  return {.address = AddressOf(host).WithPort(port)};
}
Candidate Udp(const std::string& host, std::uint16_t priority = 0) {
  return {.address = AddressOf(host), .priority = priority};
}
Candidate Direct(const std::string& host, std::uint16_t priority = 0) {
  return {.address = AddressOf(host).WithPort(0),
          .carrier = sctp::Carrier::kDirect,
          .priority = priority};
}
AssociationId Id(std::uint64_t number) { return AssociationId(number); }

std::string Texts(const std::vector<Candidate>& routes) {
  std::string out;
  for (const Candidate& route : routes) out += PathText(route.path()) + ' ';
  return out;
}

TEST(Routes, DirectStandsBeforeUdpToTheSameAddress) {
  std::vector<ResolvedAddress> addresses{At("192.0.2.1"), At("192.0.2.2")};
  EXPECT_EQ(Texts(CandidatesAt(addresses, {})),
            "192.0.2.1 (direct) 192.0.2.1:9899 (udp) 192.0.2.2 (direct) 192.0.2.2:9899 (udp) ");
  EXPECT_EQ(Texts(CandidatesAt(addresses, {.direct_now = false})),
            "192.0.2.1:9899 (udp) 192.0.2.2:9899 (udp) ");
  EXPECT_EQ(
      Texts(CandidatesAt(addresses, {.carrier = config::Carrier::kDirect, .direct_now = false})),
      "192.0.2.1 (direct) 192.0.2.2 (direct) ");
  EXPECT_EQ(Texts(CandidatesAt(addresses, {.carrier = config::Carrier::kUdp, .udp_port = 77})),
            "192.0.2.1:77 (udp) 192.0.2.2:77 (udp) ");
}

TEST(Routes, RecordsForOneCarrierAreForItOnly) {
  std::vector<ResolvedAddress> addresses{
      {.address = AddressOf("192.0.2.1:5000"), .carrier = sctp::Carrier::kDirect, .host = "x"},
      {.address = AddressOf("192.0.2.1:6000"), .carrier = sctp::Carrier::kUdp, .host = "x"}};
  auto routes = CandidatesAt(addresses, {});
  EXPECT_EQ(Texts(routes), "192.0.2.1 (direct) 192.0.2.1:6000 (udp) ");
  EXPECT_EQ(routes[0].sctp_port, 5000);
  EXPECT_EQ(routes[0].host, "x");
}

TEST(Routes, TheHostThatWorkedComesFirstAmongEqualsAndStillByDirectFirst) {
  std::vector<Candidate> routes{Direct("192.0.2.1"), Udp("192.0.2.1"), Direct("192.0.2.2"),
                                Udp("192.0.2.2"), Udp("192.0.2.3", 10)};
  Prefer(routes, Udp("192.0.2.2"));
  EXPECT_EQ(Texts(routes),
            "192.0.2.2 (direct) 192.0.2.2:9899 (udp) 192.0.2.1 (direct) 192.0.2.1:9899 (udp) "
            "192.0.2.3:9899 (udp) ");
  Prefer(routes, Udp("192.0.2.3"));
  EXPECT_EQ(PathText(routes.front().path()), "192.0.2.2 (direct)");
}

TEST(Routes, BetterIsAnotherPriorityOrDirectToTheSameHost) {
  EXPECT_TRUE(IsBetter(Udp("192.0.2.2", 1), Direct("192.0.2.1", 2)));
  EXPECT_FALSE(IsBetter(Direct("192.0.2.2", 2), Udp("192.0.2.1", 1)));
  EXPECT_TRUE(IsBetter(Direct("192.0.2.1"), Udp("192.0.2.1")));
  EXPECT_FALSE(IsBetter(Udp("192.0.2.1"), Direct("192.0.2.1")));
  EXPECT_FALSE(IsBetter(Udp("192.0.2.1"), Udp("192.0.2.1")));
  Candidate other = Direct("192.0.2.2");
  other.host = "another machine";
  EXPECT_FALSE(IsBetter(other, Udp("192.0.2.1")));
}

TEST(Routes, PathsAreOfOneHostDirectOnesFirst) {
  Candidate other = Udp("192.0.2.9");
  other.host = "another machine";
  auto paths =
      PathsLike({Udp("192.0.2.1"), Direct("192.0.2.1"), other, Udp("192.0.2.2")}, Udp("192.0.2.1"));
  ASSERT_EQ(paths.size(), 3u);
  EXPECT_EQ(PathText(paths[0]), "192.0.2.1 (direct)");
  EXPECT_EQ(PathText(paths[2]), "192.0.2.2:9899 (udp)");
}

TEST(Routes, ThePathInUseIsAmongThoseOfferedHoweverMany) {
  std::vector<Candidate> many;
  for (int i = 1; i < 20; ++i) many.push_back(Udp("192.0.2." + std::to_string(i)));
  auto paths = PathsLike(many, Udp("192.0.2.19"));
  EXPECT_EQ(paths.size(), sctp::Engine::kMaxPaths);
  EXPECT_EQ(paths.back(), Udp("192.0.2.19").path());
  EXPECT_EQ(PathsLike({}, Udp("192.0.2.19")).size(), 1u);
}

TEST(Attempts, NextBeginsBesideTheFirstAfterItsHeadStart) {
  Attempts attempts;
  attempts.Begin({Direct("192.0.2.1"), Udp("192.0.2.1")}, kHeadStart, kStart);
  ASSERT_NE(attempts.Due(kStart), nullptr);
  attempts.OnBegun(Id(1), kStart);
  EXPECT_EQ(attempts.Due(kStart + 299ms), nullptr);
  EXPECT_EQ(attempts.NextTimer(), kStart + 300ms);
  EXPECT_FALSE(attempts.DirectFailure(kStart + 299ms));
  ASSERT_NE(attempts.Due(kStart + 300ms), nullptr);
  EXPECT_EQ(*attempts.Due(kStart + 300ms), Udp("192.0.2.1"));
  attempts.OnBegun(Id(2), kStart + 300ms);
  EXPECT_EQ(attempts.NextTimer(), TimePoint::max());
  EXPECT_EQ(attempts.DirectFailure(kStart + 310ms), "no answer");
  EXPECT_EQ(attempts.OnUp(Id(2)), std::vector{Id(1)});
  EXPECT_TRUE(attempts.over());
}

TEST(Attempts, NextBeginsAtOnceWhenOneFails) {
  Attempts attempts;
  attempts.Begin({Direct("192.0.2.1"), Direct("192.0.2.2"), Udp("192.0.2.1")}, kHeadStart, kStart);
  attempts.OnNotBegun(kStart);  // there is no raw socket
  EXPECT_FALSE(attempts.DirectFailure(kStart));
  ASSERT_NE(attempts.Due(kStart), nullptr);
  attempts.OnBegun(Id(1), kStart);
  EXPECT_FALSE(attempts.OnFailed(Id(9), "who?", kStart));
  EXPECT_TRUE(attempts.OnFailed(Id(1), "the peer's SCTP said no", kStart + 10ms));
  EXPECT_EQ(attempts.DirectFailure(kStart + 10ms), "the peer's SCTP said no");
  ASSERT_NE(attempts.Due(kStart + 10ms), nullptr);
  attempts.OnBegun(Id(2), kStart + 10ms);
  EXPECT_FALSE(attempts.over());
  EXPECT_TRUE(attempts.OnFailed(Id(2), "no answer", kStart + 1s));
  EXPECT_TRUE(attempts.over());
}

TEST(Attempts, WorsePriorityWaitsForALostPacket) {
  Attempts attempts;
  attempts.Begin({Udp("192.0.2.1", 10), Udp("192.0.2.2", 20)}, kHeadStart, kStart);
  attempts.OnBegun(Id(1), kStart);
  EXPECT_EQ(attempts.NextTimer(), kStart + 1s);
}

TEST(Attempts, WhatHasJustDiedGetsNoHeadStart) {
  Attempts attempts;
  attempts.Begin({Udp("192.0.2.1", 10), Udp("192.0.2.2", 20)}, kHeadStart, kStart,
                 Udp("192.0.2.1", 10));
  attempts.OnBegun(Id(1), kStart);
  ASSERT_NE(attempts.Due(kStart), nullptr);
  EXPECT_EQ(attempts.Due(kStart)->address, AddressOf("192.0.2.2"));
}

TEST(Attempts, OnlySoManyAtOnce) {
  Attempts attempts;
  std::vector<Candidate> many(Attempts::kMaxAtOnce + 1, Udp("192.0.2.1"));
  attempts.Begin(many, {}, kStart);
  std::uint64_t begun = 0;
  while (attempts.Due(kStart) != nullptr) attempts.OnBegun(Id(++begun), kStart);
  EXPECT_EQ(begun, Attempts::kMaxAtOnce);
  EXPECT_EQ(attempts.NextTimer(), TimePoint::max());
  EXPECT_TRUE(attempts.OnFailed(Id(3), "no answer", kStart));
  EXPECT_NE(attempts.Due(kStart), nullptr);
}

std::vector<Candidate> TwoRoutes() { return {Udp("192.0.2.1"), Udp("192.0.2.2")}; }

TEST(Dialer, TriesEveryAddressBeforeItWaits) {
  Dialer dialer(50ms, 2s);
  EXPECT_FALSE(dialer.due());
  dialer.Want(kStart);
  EXPECT_EQ(dialer.due(), kStart);
  dialer.Begin();
  dialer.OnResolved(TwoRoutes(), kHeadStart, kStart, 1.0, "");
  Attempts& attempts = dialer.attempts();
  EXPECT_EQ(attempts.Due(kStart)->address, AddressOf("192.0.2.1"));
  attempts.OnBegun(Id(1), kStart);
  EXPECT_TRUE(attempts.OnFailed(Id(1), "no answer", kStart));
  EXPECT_EQ(attempts.Due(kStart)->address, AddressOf("192.0.2.2"));
  attempts.OnBegun(Id(2), kStart);
  EXPECT_TRUE(attempts.OnFailed(Id(2), "no answer", kStart));
  ASSERT_TRUE(attempts.over());
  dialer.OnRoundFailed(kStart, 1.0, "no answer");
  EXPECT_EQ(dialer.due(), kStart + 50ms);
  EXPECT_EQ(dialer.reason(), "no answer");
}

TEST(Dialer, RemembersTheAddressThatWorked) {
  Dialer dialer(50ms, 2s);
  dialer.Want(kStart);
  dialer.Begin();
  dialer.OnResolved(TwoRoutes(), kHeadStart, kStart, 1.0, "");
  dialer.OnConnected(Udp("192.0.2.2"));
  dialer.OnLost(kStart, 1.0, "gone");
  dialer.Begin();
  dialer.OnResolved(TwoRoutes(), kHeadStart, kStart, 1.0, "");
  EXPECT_EQ(dialer.attempts().Due(kStart)->address, AddressOf("192.0.2.2"));
}

TEST(Dialer, WhatWorkedLastDoesNotPassABetterPriority) {
  Dialer dialer(50ms, 2s);
  dialer.SetGood(Udp("192.0.2.2", 20));
  dialer.Want(kStart);
  dialer.Begin();
  dialer.OnResolved({Udp("192.0.2.1", 10), Udp("192.0.2.2", 20)}, kHeadStart, kStart, 1.0, "");
  EXPECT_EQ(*dialer.attempts().Due(kStart), Udp("192.0.2.1", 10));
}

TEST(Dialer, WaitsLongerUntilThePeerIsVerified) {
  Dialer dialer(50ms, 2s);
  auto round = [&] {
    dialer.Want(kStart);
    dialer.Begin();
    dialer.OnResolved(TwoRoutes(), kHeadStart, kStart, 1.0, "");
    dialer.OnConnected(Udp("192.0.2.1"));
  };
  round();
  dialer.OnLost(kStart, 1.0, "not who we expected");
  EXPECT_EQ(dialer.due(), kStart + 50ms);
  round();
  dialer.OnLost(kStart, 1.0, "not who we expected");
  EXPECT_EQ(dialer.due(), kStart + 100ms);
  round();
  dialer.OnServed();
  dialer.OnLost(kStart, 1.0, "gone", 1s);
  EXPECT_EQ(dialer.due(), kStart + 1s);
}

PathMemory SomeMemory() {
  PathMemory memory;
  memory.Set("hoster", {.candidate = Udp("192.0.2.1"), .direct_from_unix = 1763737200});
  memory.Set("six", {.candidate = Direct("[2001:db8::1]"), .direct_from_unix = 0});
  return memory;
}

TEST(PathMemory, ComesBackAsItWas) {
  std::string text = SomeMemory().Serialize();
  PathMemory again;
  ASSERT_TRUE(again.Parse(text));
  EXPECT_EQ(again.Serialize(), text);
  ASSERT_NE(again.Find("hoster"), nullptr);
  EXPECT_EQ(again.Find("hoster")->direct_from_unix, 1763737200);
  EXPECT_EQ(again.Find("six")->candidate.path(), Direct("[2001:db8::1]").path());
  EXPECT_EQ(again.Find("nobody"), nullptr);
}

TEST(PathMemory, TellsWhetherAnythingChanged) {
  PathMemory memory = SomeMemory();
  EXPECT_FALSE(
      memory.Set("hoster", {.candidate = Udp("192.0.2.1"), .direct_from_unix = 1763737200}));
  EXPECT_TRUE(
      memory.Set("hoster", {.candidate = Udp("192.0.2.2"), .direct_from_unix = 1763737200}));
  EXPECT_TRUE(memory.Set("fresh", {.candidate = Udp("192.0.2.2")}));
}

TEST(PathMemory, EveryTruncationKeepsWhatIsWhole) {
  const std::string text = SomeMemory().Serialize();
  const std::size_t header = text.find('\n') + 1, first = text.find('\n', header) + 1;
  for (std::size_t size = 0; size < text.size(); ++size) {
    PathMemory memory;
    bool whole = size == header || size == first;
    EXPECT_EQ(memory.Parse(text.substr(0, size)).has_value(), whole || size + 1 == header) << size;
    EXPECT_EQ(memory.Find("hoster") != nullptr, size >= first) << size;
  }
}

TEST(PathMemory, LinesThatMakeNoSenseAreNamedAndPassedOver) {
  for (const char* line :
       {"", "hoster", "hoster tcp 192.0.2.1:9 1 0", "hoster udp nowhere 1 0",
        "hoster udp 192.0.2.1 1 0", "hoster direct 192.0.2.1:9 1 0",
        "hoster udp 192.0.2.1:9 99999 0", "hoster udp 192.0.2.1:9 1 0x",
        "hoster udp 192.0.2.1:9 1 ", " udp 192.0.2.1:9 1 0", "hoster udp 192.0.2.1:9 1 0 more"}) {
    PathMemory memory;
    auto parsed =
        memory.Parse("funnel-routes 1\n" + std::string(line) + "\nsix udp 192.0.2.6:9 1 0\n");
    ASSERT_FALSE(parsed) << line;
    EXPECT_TRUE(parsed.error().message.starts_with("line 2")) << line;
    EXPECT_EQ(memory.Find("hoster"), nullptr) << line;
    EXPECT_NE(memory.Find("six"), nullptr) << line;
  }
  PathMemory memory;
  EXPECT_FALSE(memory.Parse("funnel-routes 2\nsix udp 192.0.2.6:9 1 0\n"));
  EXPECT_EQ(memory.Find("six"), nullptr);
}

}  // namespace
}  // namespace funnel::sctpd
