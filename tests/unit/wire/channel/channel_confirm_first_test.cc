// Handshakes that only CONFIRM proves, and sequences in the clear.
#include <gtest/gtest.h>

#include "common/wire/channel/channel.h"
#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using namespace std::chrono_literals;
using State = Channel::State;

ChannelSettings ConfirmFirst() {
  ChannelSettings settings;
  settings.confirm_first = true;
  settings.confirm_timeout = 10s;
  return settings;
}

TEST(ConfirmFirst, NothingButConfirmGoesOutBeforeTheAcceptorsConfirm) {
  Ends ends(ConfirmFirst(), {});
  const auto id = ends.a.channel->OpenSession({"192.0.2.7:4711", ""});
  EXPECT_TRUE(ends.a.channel->SendDatagram(*id, AsBytes("query")));
  EXPECT_TRUE(ends.Flush(ends.a));
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  EXPECT_EQ(ends.a.out.frames[0].size(),
            kFrameHeaderSize + ToyCipher::kOverhead + kSealedHeaderSize + 1 + kConfirmSize);
  EXPECT_FALSE(ends.a.channel->WantsFlush());
  EXPECT_TRUE(ends.Flush(ends.a));
  EXPECT_EQ(ends.a.out.frames.size(), 1u) << "once: it is reliable";
  ends.Run();
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams, std::vector<std::string>{"query"});
}

TEST(ConfirmFirst, AFullSinkOnlyDelaysIt) {
  Ends ends(ConfirmFirst(), {});
  ends.a.out.room = 0;
  EXPECT_FALSE(ends.Flush(ends.a));
  EXPECT_EQ(ends.last_flush, Flushed::kSinkFull);
  ends.a.out.room = 100;
  ends.Run();
  EXPECT_EQ(ends.a.seen.confirmed, 1);
}

// As if somebody on the path had chosen the suite: the two ends' keys differ.
TEST(ConfirmFirst, EndsInTimeWithoutPayloadWhereTheEndsDisagree) {
  Ends ends(ConfirmFirst(), {});
  ends.Make(ends.b, Role::kAcceptor, {}, /*key=*/8);
  const auto id = ends.a.channel->OpenSession({});
  EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("secret")), 6u);
  ends.Run();
  EXPECT_EQ(ends.b.channel->stats().forged, 1u);
  ends.Pass(9s);
  ends.Run();
  EXPECT_EQ(ends.a.channel->state(), State::kConfirming);
  ends.Pass(1s);
  ends.Run();
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kTimeout);
  EXPECT_EQ(ends.a.channel->stats().frames_sent, 1u);
  EXPECT_EQ(ends.a.channel->stats().bytes_sent, 0u);
}

TEST(ConfirmFirst, ClosedBeforeItEndsAtOnce) {
  Ends ends(ConfirmFirst(), {});
  ends.Flush(ends.a);
  ends.a.channel->Close(EndCode::kShutdown, "the service stops");
  EXPECT_TRUE(ends.a.channel->WantsFlush());
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_FALSE(ends.a.seen.ended[0].clean);
}

// Has the sequence in the clear, as AEAD ciphers have: the toy's is in the first 8 bytes.
class ClearCipher : public ToyCipher {
 public:
  using ToyCipher::ToyCipher;
  std::optional<std::uint64_t> ClearSequence(ByteView token) const override {
    return LoadBigEndian<8>(token.data());
  }
};

// An acceptor that gets frames of a peer with the right keys.
struct Hearing {
  Hearing()
      : channel(Role::kAcceptor, ChannelId(1), {},
                EpochKeys{std::make_unique<ClearCipher>(7, false), Bytes(32, 7), expires}, seen,
                now, boot) {}
  void Receive(std::uint64_t clear, const SealedHeader& header) {
    std::uint8_t head[kSealedHeaderSize];
    header.Serialize(head);
    Bytes records;
    AppendRecord(records, ConfirmRecord{Bytes(32, 7)});
    ClearCipher cipher(7, true);
    Bytes frame = MakeFrame({.epoch = Epoch(0), .channel = ChannelId(1)},
                            Bytes(kSealedHeaderSize + records.size() + cipher.Overhead()));
    const ByteView pieces[] = {head, records};
    (void)cipher.Seal(clear, pieces, MutableByteView(frame).subspan(kFrameHeaderSize));
    channel.OnSealed(frame, now, boot);
  }

  const TimePoint now{std::chrono::seconds(1000)};
  const BootTime boot{std::chrono::seconds(5000)};
  const BootTime expires{std::chrono::seconds(50000)};
  Recorder seen;
  Channel channel;
};

TEST(ClearSequence, MustBeTheSealedOne) {
  Hearing right;
  right.Receive(3, {.reliable = true, .sequence = 3});
  EXPECT_EQ(right.seen.confirmed, 1);
  Hearing wrong;
  wrong.Receive(3, {.reliable = true, .sequence = 4});
  EXPECT_EQ(wrong.seen.confirmed, 0);
  EXPECT_EQ(wrong.channel.stats().violations, 1u);
}

// Fails at each call, and remembers which sequences it was given.
class FailingCipher : public ToyCipher {
 public:
  FailingCipher(std::vector<std::uint64_t>& given) : ToyCipher(7, true), given_(given) {}
  Result<> Seal(std::uint64_t sequence, std::span<const ByteView>, MutableByteView) override {
    given_.push_back(sequence);
    return Fail("no luck");
  }

 private:
  std::vector<std::uint64_t>& given_;
};

TEST(ClearSequence, IsGivenToTheCipherOnceWhateverBecomesOfTheFrame) {
  std::vector<std::uint64_t> given;
  Recorder seen;
  const BootTime boot{std::chrono::seconds(5000)}, expires{std::chrono::seconds(50000)};
  const TimePoint now{std::chrono::seconds(1000)};
  Channel channel(Role::kInitiator, ChannelId(1), {},
                  EpochKeys{std::make_unique<FailingCipher>(given), Bytes(32, 7), expires}, seen,
                  now, boot);
  Wire out;
  (void)channel.Flush(out, now, boot);
  (void)channel.Flush(out, now, boot);
  EXPECT_EQ(given, std::vector<std::uint64_t>{0});
  EXPECT_EQ(seen.ended.size(), 1u);
}

}  // namespace
}  // namespace funnel::wire::testing
