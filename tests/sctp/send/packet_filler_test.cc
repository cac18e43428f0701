#include "sctp/send/packet_filler.h"

#include "sctp/send/known_spurious.h"
#include "sctp/wire/packet.h"
#include "tests/sctp/send/send_state.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

class PacketFillerTest : public ::testing::Test, protected testing::SendStateHarness {
 protected:
  void Lose(std::uint32_t tsn) {
    SentChunk& chunk = *chunks.Find(Tsn(tsn));
    state.flight.Leave(chunk);
    chunks.SetState(chunk, Tsn(tsn), SentChunk::State::kLost);
  }
  Outstanding& chunks = state.flight.outstanding;
};

TEST_F(PacketFillerTest, NothingIsReadyWhereNothingWaits) {
  EXPECT_FALSE(filler.Ready(now));
  EXPECT_EQ(FillOne(), 0u);
  EXPECT_EQ(filler.NextTime(now), TimePoint::max());
}

TEST_F(PacketFillerTest, WhatWasLostGoesBeforeWhatIsNew) {
  Send(2);
  Lose(1);
  ASSERT_EQ(state.messages.Push(StreamId(1), Bytes(900), {}), SendStatus::kSent);
  EXPECT_EQ(filler.NextChunkBytes(), state.flight.SizeOf({.length = 900}));
  EXPECT_EQ(FillOne(), 1u);
  EXPECT_EQ(state.counters.retransmitted_chunks, 1u);
  EXPECT_EQ(chunks.Find(Tsn(1))->transmissions, 2);
  EXPECT_EQ(FillOne(), 1u);
  EXPECT_EQ(chunks.next_tsn(), Tsn(4));
}

TEST_F(PacketFillerTest, AnExtraPacketLeavesWhateverTheWindowSays) {
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(state.messages.Push(StreamId(1), Bytes(900), {}), SendStatus::kSent);
  while (FillOne() > 0) continue;
  EXPECT_FALSE(filler.Ready(now));
  EXPECT_EQ(filler.NextTime(now), TimePoint::max());  // time alone does not decide
  state.extra.AskForProbe();
  EXPECT_TRUE(filler.Ready(now));
  EXPECT_EQ(FillOne(), 1u);
  EXPECT_FALSE(state.extra.due());
  EXPECT_FALSE(filler.Ready(now));
}

TEST_F(PacketFillerTest, AProbeRepeatsTheLastWhereNothingIsNew) {
  Send(2);
  state.extra.AskForProbe();
  EXPECT_EQ(FillOne(), 1u);
  EXPECT_TRUE(state.extra.WasLastProbe(Tsn(2)));
  EXPECT_FALSE(state.extra.WasLastProbe(Tsn(1)));
  EXPECT_EQ(chunks.Find(Tsn(2))->transmissions, 2);
  EXPECT_TRUE(state.flight.InvariantsHold());
}

TEST_F(PacketFillerTest, WhatWasCutForLargerPacketsAsksForOne) {
  Send(1);
  filler.SetPacketBytes(500);
  EXPECT_EQ(filler.OversizePacketBytes(), 0u);
  Lose(1);
  EXPECT_EQ(filler.OversizePacketBytes(), kCommonHeaderSize + state.flight.SizeOf({.length = 900}));
  EXPECT_LT(filler.full_payload(), 500u);
}

TEST_F(PacketFillerTest, WhatIsLargeAndLostAgainAndAgainRaisesDoubt) {
  Send(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(filler.TakeSizeDoubt());
    Lose(1);
    ASSERT_EQ(FillOne(), 1u);
  }
  EXPECT_TRUE(filler.TakeSizeDoubt());
  EXPECT_FALSE(filler.TakeSizeDoubt());
}

TEST_F(PacketFillerTest, WhatIsTooLateToBeSentAgainIsSkipped) {
  ASSERT_EQ(state.messages.Push(StreamId(1), Bytes(900), {.deadline = now + 1s}),
            SendStatus::kSent);
  ASSERT_EQ(FillOne(), 1u);
  Lose(1);
  now += 1s;
  EXPECT_EQ(FillOne(), 0u);
  EXPECT_EQ(state.counters.abandoned_messages, 1u);
  EXPECT_EQ(chunks.abandoned(), 1u);
}

TEST(KnownSpuriousTest, KnowsTheLast64) {
  KnownSpurious known;
  EXPECT_FALSE(known.Has(Tsn(0)));
  for (std::uint32_t i = 1; i <= KnownSpurious::kMost; ++i) known.Add(Tsn(i));
  EXPECT_TRUE(known.Has(Tsn(1)));
  known.Add(Tsn(100));
  EXPECT_FALSE(known.Has(Tsn(1)));
  EXPECT_TRUE(known.Has(Tsn(2)));
  EXPECT_TRUE(known.Has(Tsn(100)));
}

}  // namespace
}  // namespace sctp
