// Engines whose peers have several addresses, move, or pretend to.
//
//   a 192.0.2.1 ======= 192.0.2.2 b
//     198.51.100.1 ==== 198.51.100.2
#include "tests/unit/sctpd/engine_harness.h"

namespace funnel::sctp::test {
namespace {

class EnginePathsTest : public EngineTest {
 protected:
  static TransportAddress Second(int host, std::uint16_t port = 9899) {
    return *TransportAddress::Parse("198.51.100." + std::to_string(host), port);
  }
  static Settings Probing() {
    Settings s;
    s.path_probe_interval = milliseconds(300);
    return s;
  }
  // A and B up by the first network, and each knows whom it has there.
  void AssociateBoth(const Settings& settings = Probing()) {
    network.delay = milliseconds(5);
    network.alias = {{Second(1), Address(1)}, {Second(2), Address(2)}};
    Associate(settings);
    for (End* end : {&a, &b}) end->engine->Trust(end->ups[0].id);
  }
  bool OfferBoth(std::vector<PeerPath> paths = {{Address(2)}, {Second(2)}}) {
    return a.engine->OfferPaths(a.ups[0].id, std::move(paths));
  }
  static bool IsSecond(const TransportAddress& address) { return address.ip()[0] == 198; }
  void CutFirst() {
    network.fate = [](const TransportAddress&, const TransportAddress& to, Bytes&) {
      return IsSecond(to);
    };
  }
  PathStats PathOf(End& end, std::size_t i = 0) {
    return end.engine->Stats(end.ups[0].id).paths.at(i);
  }
  // B gets PACKET from wherever.
  void Inject(const TransportAddress& from, Bytes packet) {
    network.inbox[b.address].push_back({from, std::move(packet), Now()});
  }
  // As A would send it to B.
  Bytes Chunk(std::uint8_t type, std::uint8_t flags, std::string_view value,
              bool right_tag = true) {
    ByteWriter out;
    out.U16(ReadHeader(seen)->source_port).U16(ReadHeader(seen)->destination_port);
    out.U32(ReadHeader(seen)->tag ^ (right_tag ? 0 : 1)).U32(0);
    out.U8(type).U8(flags).U16(static_cast<std::uint16_t>(4 + value.size()));
    out.Append(AsBytes(value));
    Bytes packet = out.Release();
    packet.resize((packet.size() + 3) / 4 * 4);
    WriteChecksum(packet);
    return packet;
  }
  // Remembers a packet of A's with data.
  void SeeOne() {
    network.fate = [this](const TransportAddress& from, auto&, Bytes& packet) {
      if (from == a.address && packet[12] == 0x40) seen = packet;
      return true;
    };
    ASSERT_EQ(a.Send("look"), SendStatus::kSent);
    ASSERT_TRUE(Run([&] { return !b.messages.empty() && !seen.empty(); }));
    network.fate = nullptr;
    RunFor(milliseconds(50));
  }
  Bytes seen;
};

TEST_F(EnginePathsTest, OfferedPathsShowWhetherTheyWork) {
  AssociateBoth();
  ASSERT_TRUE(OfferBoth({{Address(2)}, {Second(2)}, {Second(9)}}));
  ASSERT_TRUE(Run([&] { return PathOf(a, 1).state == PathState::kReachable; }));
  EXPECT_GE(PathOf(a, 1).srtt, milliseconds(10));
  ASSERT_TRUE(Run([&] { return PathOf(a, 2).state == PathState::kSilent; }));
  EXPECT_EQ(PathOf(a).state, PathState::kActive);
  EXPECT_EQ(PathOf(a).address, Address(2));
  // The acceptor has learned one by being probed.
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

// As a NAT does that has forgotten a mapping. Nobody has to be trusted for it.
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

// Seen on the way, and sent once more from another place.
TEST_F(EnginePathsTest, CopyFromElsewhereMovesNothing) {
  AssociateBoth();
  SeeOne();
  for (int i = 0; i < 50; ++i) {
    Inject(Second(66), seen);
    RunFor(milliseconds(10));
  }
  EXPECT_TRUE(b.moves.empty());
  EXPECT_EQ(b.messages.size(), 1u);
  EXPECT_LE(network.inbox[Second(66)].size(), 8u);
  for (const auto& packet : network.inbox[Second(66)]) EXPECT_LE(packet.bytes.size(), 64u);
  ASSERT_EQ(b.Send("still to you"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return a.messages.size() == 1; }));
}

TEST_F(EnginePathsTest, ForgedAnswersProveNothing) {
  AssociateBoth();
  SeeOne();
  ByteWriter info;
  info.U16(1).U16(28).Append(AsBytes("FNLPATH1")).U64(1).U64(2);
  Bytes bytes = info.Release();
  for (int i = 0; i < 50; ++i) {
    Inject(Second(66), seen);
    Inject(Second(66), Chunk(5, 0, AsText(bytes)));
    RunFor(milliseconds(10));
  }
  EXPECT_TRUE(b.moves.empty());
  EXPECT_GE(b.engine->counters().packets_unproven, 50u);
}

TEST_F(EnginePathsTest, WhatEndsAnAssociationMustComeByAProvenPath) {
  AssociateBoth();
  SeeOne();
  Inject(Second(66), seen);
  const std::uint64_t before = b.engine->counters().packets_unproven;
  int sent = 0;
  for (std::uint8_t type : {6, 7, 8, 9, 11}) {
    Inject(Second(66), Chunk(type, 0, std::string_view("\0\0\0\0", type == 7 ? 4 : 0)));
    Inject(Second(66), Chunk(type, 1, std::string_view("\0\0\0\0", type == 7 ? 4 : 0)));
    sent += 2;
  }
  RunFor(milliseconds(100));
  EXPECT_TRUE(b.downs.empty());
  EXPECT_EQ(b.engine->counters().packets_unproven, before + static_cast<std::uint64_t>(sent));
  ASSERT_EQ(a.Send("fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 2; }));
}

// Whose SCTP does not know the address that a probe comes from says so with an ABORT; it means the
// probe.
TEST_F(EnginePathsTest, AbortThatAnswersAProbeEndsNothing) {
  AssociateBoth();
  int aborts = 0;
  network.fate = [&](const TransportAddress& from, const TransportAddress& to, Bytes& packet) {
    if (to != Second(2)) return true;
    auto summary = Inspect(packet);
    Bytes answer = AnswerOutOfTheBlue(*summary);
    EXPECT_FALSE(answer.empty());
    ++aborts;
    network.Deliver(to, from, answer);
    return false;
  };
  ASSERT_TRUE(OfferBoth());
  ASSERT_TRUE(Run([&] { return aborts >= 3 && PathOf(a, 1).state == PathState::kSilent; }));
  EXPECT_TRUE(a.downs.empty());
  ASSERT_EQ(a.Send("fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
}

TEST_F(EnginePathsTest, HeartbeatsFromElsewhereAreAnsweredThereAndLimited) {
  AssociateBoth();
  SeeOne();
  const std::string info("\0\1\0\013anybody", 11);
  Bytes heartbeat = Chunk(4, 0, info);
  for (int i = 0; i < 500; ++i) Inject(Second(1), heartbeat);
  std::size_t answers = 0;
  network.fate = [&](auto&, const TransportAddress& to, Bytes& packet) {
    if (to != Second(1) || packet[12] != 5) return true;
    ++answers;
    EXPECT_EQ(packet.size(), heartbeat.size());
    return false;
  };
  RunFor(milliseconds(100));
  EXPECT_GE(answers, 1u);
  EXPECT_LE(answers, 200u);
  EXPECT_TRUE(b.moves.empty());
  // With another tag they are a stranger's.
  network.fate = nullptr;
  const std::uint64_t strangers = b.engine->counters().strangers_answered;
  Inject(Second(3), Chunk(4, 0, "xxxx", /*right_tag=*/false));
  RunFor(milliseconds(20));
  EXPECT_EQ(b.engine->counters().strangers_answered, strangers + 1);
}

TEST_F(EnginePathsTest, FloodOfAddressesCostsNothing) {
  AssociateBoth();
  SeeOne();
  std::size_t out = 0;
  network.fate = [&](auto&, const TransportAddress& to, Bytes&) {
    bool known = to == a.address || to == b.address;
    if (!known) ++out;
    return known;
  };
  for (int i = 0; i < 20'000; ++i) {
    Inject(*TransportAddress::Parse(
               "203." + std::to_string(i / 250) + ".1." + std::to_string(i % 250 + 1), 9899),
           seen);
    if (i % 64 == 63) b.engine->OnReadable();
  }
  while (!network.inbox[b.address].empty()) Turn();
  EXPECT_GT(b.engine->counters().strangers_limited, 10'000u);
  EXPECT_LT(out, 50u);
  EXPECT_LE(b.engine->Stats(b.ups[0].id).paths.size(), 2 + Paths::kMaxLearned);
  EXPECT_TRUE(b.moves.empty());
  ASSERT_EQ(a.Send("fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 2; }));
}

// Two nodes behind one NAT address: their UDP ports differ.
TEST_F(EnginePathsTest, TwoBehindOneAddressAreTwo) {
  Start(b, 2);
  End c;
  a.address = Address(1, 40'001);
  c.address = Address(1, 40'002);
  for (End* end : {&a, &c}) {
    auto made = UserlandCore::Make({}, std::make_unique<MemoryLink>(network, end->address), *end);
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
