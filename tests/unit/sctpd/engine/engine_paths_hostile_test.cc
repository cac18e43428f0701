// Somebody who has seen a packet, or forges addresses, can do nothing to the paths of others.
#include "tests/unit/sctpd/engine/engine_paths_harness.h"
#include "tests/unit/sctpd/engine/virtual_clock.h"

namespace funnel::sctp::test {
namespace {

// A packet was seen on the path, and is sent again from another address.
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
  for (std::size_t i = 1; i < b.engine->Stats(b.ups[0].id).paths.size(); ++i)
    EXPECT_NE(PathOf(b, i).state, PathState::kReachable);
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

// A host whose SCTP does not know the address that a probe comes from answers with an ABORT; that
// is an answer to the probe.
TEST_F(EnginePathsTest, AbortThatAnswersAProbeEndsNothing) {
  AssociateBoth();
  int aborts = 0;
  network.fate = [&](const TransportAddress& from, const TransportAddress& to, Bytes& packet) {
    if (to != Second(2)) return true;
    Bytes answer = AnswerOutOfTheBlue(packet);
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

// In addition to the peer's SCTP there is another one, its host's kernel, which answers everything
// on the second network with ABORT, because it knows nothing of it: that ends nothing.
TEST_F(EnginePathsTest, PathWhereAnotherStackRefusesEndsNothing) {
  AssociateBoth();
  int aborts = 0;
  network.fate = [&](const TransportAddress& from, const TransportAddress& to, Bytes& packet) {
    if (to != Second(2)) return true;
    Bytes answer = AnswerOutOfTheBlue(packet);
    if (answer.empty()) return true;
    ++aborts;
    network.Deliver(to, from, answer);
    return true;
  };

  ASSERT_TRUE(OfferBoth({{Second(2)}, {Address(2)}}));
  ASSERT_TRUE(Run([&] { return !a.moves.empty(); }));
  for (std::size_t i = 1; i <= 20; ++i) {
    ASSERT_EQ(a.Send("there"), SendStatus::kSent);
    ASSERT_TRUE(Run([&] { return b.messages.size() == i; }, milliseconds(500)));
    ASSERT_EQ(b.Send("and back"), SendStatus::kSent);
    ASSERT_TRUE(Run([&] { return a.messages.size() == i; }, milliseconds(500)));
  }

  EXPECT_GE(aborts, 20);
  EXPECT_TRUE(a.downs.empty());
  EXPECT_TRUE(b.downs.empty());
}

// What may be answered is so much a second, and a busy machine takes seconds for this.
TEST_F(EnginePathsTest, HeartbeatsFromElsewhereAreAnsweredThereAndLimited) {
  const VirtualClock clock;
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

  // With another tag they come from a stranger.
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

  EXPECT_GT(b.engine->counters().packets_unproven, 10'000u);
  EXPECT_LT(out, 50u);
  EXPECT_LE(b.engine->Stats(b.ups[0].id).paths.size(), Engine::kMaxPaths);
  EXPECT_TRUE(b.moves.empty());

  ASSERT_EQ(a.Send("fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 2; }));
}

// A NAT gives A another address, while strangers use up all that they may send.
TEST_F(EnginePathsTest, FloodOfStrangersDoesNotKeepAPeerFromBeingFollowed) {
  Settings settings = Probing();
  settings.strangers.packets_per_second = 1;
  AssociateBoth(settings);
  SeeOne();

  const TransportAddress moved = *TransportAddress::Parse("100.64.0.77", 9899);
  network.alias[moved] = a.address;
  network.fate = [&](const TransportAddress& from, const TransportAddress& to, Bytes& packet) {
    if (from != a.address) return to == moved;
    network.Deliver(moved, to, packet);
    return false;
  };

  ByteWriter out;
  out.U16(1000).U16(kDefaultSctpPort).U32(0).U32(0);
  out.U8(1).U8(0).U16(20).U32(0x12345678).U32(100000).U16(10).U16(10).U32(1);
  Bytes init = out.Release();
  WriteChecksum(init);

  int stranger = 0;
  ASSERT_EQ(a.Send("from elsewhere"), SendStatus::kSent);
  EXPECT_TRUE(Run(
      [&] {
        for (int i = 0; i < 10; ++i, ++stranger)
          Inject(*TransportAddress::Parse("203.0." + std::to_string(stranger / 250 % 250) + "." +
                                              std::to_string(stranger % 250 + 1),
                                          9899),
                 init);
        return !b.moves.empty();
      },
      milliseconds(800)));
  ASSERT_FALSE(b.moves.empty());
  EXPECT_EQ(b.moves.back().address, moved);
}

}  // namespace
}  // namespace funnel::sctp::test
