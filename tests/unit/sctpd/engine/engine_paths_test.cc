// Engines whose peers have several addresses, or move to another one.
#include "tests/unit/sctpd/engine/engine_paths_harness.h"

namespace funnel::sctp::test {
namespace {

TEST_F(EnginePathsTest, OfferedPathsShowWhetherTheyWork) {
  AssociateBoth();
  ASSERT_TRUE(OfferBoth({{Address(2)}, {Second(2)}, {Second(9)}}));
  ASSERT_TRUE(Run([&] { return PathOf(a, 1).state == PathState::kReachable; }));
  EXPECT_GE(PathOf(a, 1).srtt, milliseconds(10));
  ASSERT_TRUE(Run([&] { return PathOf(a, 2).state == PathState::kSilent; }));
  EXPECT_EQ(PathOf(a).state, PathState::kActive);
  EXPECT_EQ(PathOf(a).address, Address(2));
  // The acceptor has learnt one address by being probed.
  EXPECT_EQ(PathOf(b, 1).address, Second(1));
  EXPECT_EQ(PathOf(b, 1).state, PathState::kReachable);
  EXPECT_TRUE(a.moves.empty());
  EXPECT_TRUE(b.moves.empty());
  EXPECT_FALSE(a.engine->OfferPaths(AssociationId(99), {}));
}

TEST_F(EnginePathsTest, PulledPathStallsBothWaysByLessThanASecond) {
  AssociateBoth();
  ASSERT_TRUE(OfferBoth());
  ASSERT_TRUE(Run([&] { return PathOf(a, 1).state == PathState::kReachable; }));
  // A request every 5 ms, each answered.
  b.on_message = [&](const End::Message& m) {
    EXPECT_EQ(b.engine->Send(m.id, m.stream, m.bytes, {}), SendStatus::kSent);
  };

  std::vector<TimePoint> came;
  std::vector<int> times(600);
  a.on_message = [&](const End::Message& m) {
    came.push_back(Now());
    ++times.at(LoadBigEndian<4>(m.bytes.data()));
  };

  TimePoint next = Now();
  for (std::uint32_t i = 0; i < times.size(); ++i) {
    if (i == 200) CutFirst();
    ByteWriter request;
    request.U32(i);
    ASSERT_EQ(a.engine->Send(a.ups[0].id, StreamId(i % 8), request.Release(), {.unordered = true}),
              SendStatus::kSent);
    next += milliseconds(5);
    Run([&] { return Now() >= next; });
  }

  ASSERT_TRUE(Run([&] { return came.size() == times.size(); }));
  Duration stall{0};
  for (std::size_t i = 1; i < came.size(); ++i) stall = std::max(stall, came[i] - came[i - 1]);
  RecordProperty("stall_ms", static_cast<int>(stall / milliseconds(1)));
  std::printf("stall: %d ms\n", static_cast<int>(stall / milliseconds(1)));
  EXPECT_LT(stall, milliseconds(1000));

  EXPECT_EQ(std::count(times.begin(), times.end(), 1), 600);
  EXPECT_EQ(a.moves, (std::vector{PeerPath{Second(2)}}));
  ASSERT_EQ(b.moves.size(), 1u);
  EXPECT_EQ(b.moves[0].address, Second(1));
  EXPECT_EQ(a.engine->counters().path_failures, 1u);
}

TEST_F(EnginePathsTest, PulledPathStallsBulkByLessThanASecond) {
  AssociateBoth();
  ASSERT_TRUE(OfferBoth());
  ASSERT_TRUE(Run([&] { return PathOf(a, 1).state == PathState::kReachable; }));

  TimePoint last = Now();
  Duration stall{0};
  std::size_t got = 0;
  b.on_message = [&](const End::Message& m) {
    stall = std::max(stall, Now() - last);
    last = Now();
    EXPECT_EQ(LoadBigEndian<4>(m.bytes.data()), got++);
  };

  Bytes message(16'000);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    if (i == 300) CutFirst();
    StoreBigEndian<4>(message.data(), i);
    bool sent = false;
    ASSERT_TRUE(Run([&] {
      sent = sent || a.engine->Send(a.ups[0].id, StreamId(1), message, {}) == SendStatus::kSent;
      return sent;
    }));
  }

  ASSERT_TRUE(Run([&] { return got == 1000; }));
  std::printf("stall: %d ms\n", static_cast<int>(stall / milliseconds(1)));
  EXPECT_LT(stall, milliseconds(1000));
}

TEST_F(EnginePathsTest, ReturnsToABetterPathWithoutLoss) {
  AssociateBoth();
  CutFirst();
  ASSERT_TRUE(OfferBoth());
  ASSERT_TRUE(Run([&] { return a.moves.size() == 1; }));
  EXPECT_EQ(a.moves[0].address, Second(2));
  network.fate = nullptr;
  ASSERT_TRUE(Run([&] { return a.moves.size() == 2; }));
  EXPECT_EQ(a.moves[1].address, Address(2));
  ASSERT_EQ(a.Send("again"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
  EXPECT_TRUE(Run([&] { return PathOf(b).address == Address(1); }));
  EXPECT_TRUE(a.downs.empty() && b.downs.empty());
}

TEST_F(EnginePathsTest, BetterPathWithOneLossyDirectionIsNotTaken) {
  AssociateBoth();
  network.fate = [](const TransportAddress& from, auto&, Bytes&) { return from != Second(2); };
  ASSERT_TRUE(OfferBoth({{Second(2)}, {Address(2)}}));
  RunFor(milliseconds(1000));
  EXPECT_TRUE(a.moves.empty());
  EXPECT_EQ(PathOf(a, 1).state, PathState::kSilent);
  ASSERT_EQ(a.Send("fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
}

// As with a NAT that has forgotten a mapping. The peer need not be trusted for this.
TEST_F(EnginePathsTest, PeerIsFollowedToAnotherPort) {
  Associate();
  TransportAddress moved = Address(1, 40'000);
  network.fate = [&](const TransportAddress& from, const TransportAddress& to, Bytes& packet) {
    if (from == a.address) network.Deliver(moved, b.address, packet);
    if (to == moved) network.Deliver(from, a.address, packet);
    return false;
  };
  ASSERT_EQ(a.Send("from elsewhere"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  ASSERT_EQ(b.Send("to there"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return a.messages.size() == 1; }, milliseconds(1000)));
  EXPECT_TRUE(a.downs.empty());
  EXPECT_EQ(PathOf(b).address, moved);
  EXPECT_EQ(b.moves, std::vector{PeerPath{moved}});
  EXPECT_EQ(b.engine->counters().peers_moved, 1u);
}

TEST_F(EnginePathsTest, VerifiedPeerIsFollowedToAnotherHost) {
  for (bool trusted : {false, true}) {
    SCOPED_TRACE(trusted);
    Reset();
    Associate(Quick());
    if (trusted) b.engine->Trust(b.ups[0].id);
    TransportAddress moved = Second(77, 40'000);
    network.fate = [&](const TransportAddress& from, const TransportAddress& to, Bytes& packet) {
      if (from == a.address) network.Deliver(moved, b.address, packet);
      if (to == moved) network.Deliver(from, a.address, packet);
      return false;
    };
    ASSERT_EQ(a.Send("from elsewhere"), SendStatus::kSent);
    EXPECT_EQ(Run([&] { return b.moves.size() == 1; }, milliseconds(500)), trusted);
    EXPECT_EQ(b.messages.size(), trusted ? 1u : 0u);
    EXPECT_EQ(b.engine->counters().packets_unproven == 0, trusted);
    EXPECT_EQ(PathOf(b).address, trusted ? moved : a.address);
  }
}

// Two nodes behind one NAT address differ by their UDP ports.
TEST_F(EnginePathsTest, TwoBehindOneAddressAreTwo) {
  Start(b, 2);
  End c;
  a.address = Address(1, 40'001);
  c.address = Address(1, 40'002);
  for (End* end : {&a, &c}) {
    auto made = OwnCore::Make({}, std::make_unique<MemoryLink>(network, end->address), *end);
    ASSERT_TRUE(made.has_value());
    end->engine = std::move(*made);
  }
  ends.push_back(&c);
  Connect(a, b);
  Connect(c, b);
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && c.ups.size() == 1 && b.ups.size() == 2; }));
  ASSERT_EQ(a.Send("a"), SendStatus::kSent);
  ASSERT_EQ(c.Send("c"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 2; }));
  EXPECT_NE(b.messages[0].id, b.messages[1].id);
  ends.pop_back();
}

}  // namespace
}  // namespace funnel::sctp::test
