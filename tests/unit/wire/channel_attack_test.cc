// What somebody on the path can do, and what an authenticated peer can that keeps no rules.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

// --- on the path

TEST(ChannelAttack, AReplayedFrameIsCountedAndDeliversNothing) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.a.channel->SendDatagram(*id, AsBytes("once"));
  ends.Flush(ends.a);
  const Bytes frame = ends.a.out.Take();
  for (int i = 0; i < 5; ++i) ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
  EXPECT_EQ(ends.b.channel->stats().replays, 4u);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelAttack, NoAlteredByteGetsThrough) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.a.channel->SendDatagram(*id, AsBytes("precious"));
  ends.Flush(ends.a);
  const Bytes frame = ends.a.out.Take();
  for (std::size_t at = 0; at < frame.size(); ++at) {
    if (at >= 8 && at < kFrameHeaderSize) continue;  // the lifetime: below
    Bytes altered = frame;
    altered[at] ^= 0x41;
    ends.Give(ends.b, altered);
  }
  for (std::size_t size = 0; size < frame.size(); ++size)
    ends.Give(ends.b, Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
  EXPECT_EQ(ends.b.seen.confirmed, 0);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
  EXPECT_EQ(ends.b.channel->state(), State::kConfirming);
  EXPECT_GT(ends.b.channel->stats().forged, frame.size());
  ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
}

TEST(ChannelAttack, AnAlteredLifetimeIsNoticedAndLosesNothing) {
  Ends ends;
  ends.Flush(ends.a);
  Bytes frame = ends.a.out.Take();
  frame[11] = 1;
  ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.channel->stats().header_mismatches, 1u);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelAttack, FramesOfAnotherChannelOrDirectionAreForgeries) {
  Ends ends, others({}, /*key=*/8);
  ends.Run();
  others.Flush(others.a);
  ends.Give(ends.b, others.a.out.Take());
  EXPECT_EQ(ends.b.channel->stats().forged, 1u);
  // Its own frame thrown back at it.
  ends.a.channel->Ping(1, ends.now);
  ends.Flush(ends.a);
  ends.Give(ends.a, ends.a.out.Take());
  EXPECT_EQ(ends.a.channel->stats().forged, 1u);
}

TEST(ChannelAttack, FramesOfAnotherEpochAreCounted) {
  Ends ends;
  ends.Flush(ends.a);
  Bytes frame = ends.a.out.Take();
  frame[3] = 1;
  ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.channel->stats().wrong_epoch, 1u);
  EXPECT_EQ(ends.b.channel->state(), State::kConfirming);
}

TEST(ChannelAttack, RandomBytesEndNothing) {
  Ends ends;
  ends.Run();
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::string noise = Pattern(seed % 200, seed);
    Bytes frame(noise.begin(), noise.end());
    if (seed % 2 && frame.size() >= kFrameHeaderSize)
      FrameHeader{.channel = Ends::kId}.Serialize(std::span(frame).first<kFrameHeaderSize>());
    ends.Give(ends.b, frame);
  }
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelAttack, AMissingReliableFrameClosesAfterTheTimeout) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  (void)ends.a.channel->SendBytes(*id, AsBytes("after"));
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "");
  ends.Pass(std::chrono::seconds(59));
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
  ends.Pass(std::chrono::seconds(2));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kTruncated);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_FALSE(ends.b.seen.sessions[*id].fin);
}

TEST(ChannelAttack, APingShowsThatTheLastFrameIsMissing) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  ends.Pass(std::chrono::seconds(31));
  ends.Run();  // the PING
  ends.Pass(std::chrono::seconds(61));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kTruncated);
}

TEST(ChannelAttack, AFrameHeldBackBeyondTheWindowIsTampering) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.channel->SendDatagram(*id, AsBytes("held back"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  int frames = 0;
  for (; frames < 70000 && ends.b.channel->state() == State::kOpen; ++frames) {
    ends.a.channel->SendDatagram(*id, AsBytes("x"));
    ends.Flush(ends.a);
    ends.Deliver(ends.a);
  }
  EXPECT_EQ(frames, 65536);
  ends.Run();
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kProtocol);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
}

TEST(ChannelAttack, ExpiredDatagramsAreNoTampering) {
  ChannelSettings settings;
  settings.lifetime = std::chrono::seconds(1);
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 140'000; ++i) {
    ends.a.channel->SendDatagram(*id, AsBytes("x"));
    ends.Flush(ends.a);
    if (i % 1000 == 0)
      ends.Deliver(ends.a);
    else
      ends.a.out.frames.clear();
  }
  ends.Pass(std::chrono::seconds(61));
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

// --- the handshake was altered

TEST(ChannelAttack, AWrongConfirmEndsTheChannelBeforeAnythingIsActedOn) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, ConfirmRecord{Bytes(32, 9)});
  AppendRecord(raw, OpenSessionRecord{SessionId(0), {}});
  ends.Give(ends.b, Rogue(Role::kInitiator).Seal({.reliable = true}, raw));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
  EXPECT_EQ(ends.b.seen.confirmed, 0);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
  EXPECT_FALSE(ends.b.channel->WantsFlush());
}

TEST(ChannelAttack, AMissingConfirmEndsTheChannel) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, OpenSessionRecord{SessionId(0), {}});
  ends.Give(ends.b, Rogue(Role::kInitiator).Seal({.reliable = true}, raw));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
}

TEST(ChannelAttack, TheInitiatorChecksConfirmToo) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, ConfirmRecord{Bytes(32, 9)});
  ends.Give(ends.a, Rogue(Role::kAcceptor).Seal({.reliable = true}, raw));
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kProtocol);
}

// --- a peer that keeps no rules: the channel ends, with a farewell that says why

void ExpectViolation(Role rogue_role, ByteView records) {
  Ends ends;
  Rogue rogue(rogue_role);
  End& victim = rogue_role == Role::kInitiator ? ends.b : ends.a;
  if (rogue_role == Role::kInitiator)
    ends.Give(victim, rogue.NextWith(OpenSessionRecord{SessionId(0), {}}));
  else
    (void)victim.channel->OpenSession({});
  ends.Give(victim, rogue.Next(records));
  EXPECT_EQ(victim.channel->state(), State::kClosing);
  EXPECT_GE(victim.channel->stats().violations, 1u);
  ends.Flush(victim);
  ASSERT_EQ(victim.seen.ended.size(), 1u);
  EXPECT_EQ(victim.seen.ended[0].code, EndCode::kProtocol);
  EXPECT_FALSE(victim.seen.ended[0].clean);
  EXPECT_FALSE(victim.seen.ended[0].text.empty());
}

template <typename R>
Bytes Raw(const R& record) {
  Bytes raw;
  AppendRecord(raw, record);
  return raw;
}

TEST(ChannelViolation, UnknownRecordBelow128) { ExpectViolation(Role::kInitiator, Bytes{99, 0}); }
TEST(ChannelViolation, TrailingBytesThatAreNoRecord) {
  Bytes raw = Raw(PingRecord{1});
  raw.push_back(9);  // a PING cut short
  ExpectViolation(Role::kInitiator, raw);
}
TEST(ChannelViolation, PaddingThatIsNotZero) { ExpectViolation(Role::kInitiator, Bytes{0, 0, 1}); }
TEST(ChannelViolation, SessionBeyondTheLimit) {
  ExpectViolation(Role::kInitiator, Raw(OpenSessionRecord{SessionId(1024), {}}));
}
TEST(ChannelViolation, SessionOfAHugeNumber) {
  ExpectViolation(Role::kInitiator, Raw(EndSessionRecord{SessionId(kMaxVarint)}));
}
TEST(ChannelViolation, SessionOpenedTwice) {
  ExpectViolation(Role::kInitiator, Raw(OpenSessionRecord{SessionId(0), {}}));
}
TEST(ChannelViolation, AcceptorOpensASession) {
  ExpectViolation(Role::kAcceptor, Raw(OpenSessionRecord{SessionId(5), {}}));
}
TEST(ChannelViolation, AcceptorNamesASessionThatIsNot) {
  ExpectViolation(Role::kAcceptor, Raw(CreditRecord{SessionId(5), 1 << 20}));
}
TEST(ChannelViolation, InitiatorRaisesItsOwnLimit) {
  ExpectViolation(Role::kInitiator, Raw(SessionsRecord{5000}));
}
TEST(ChannelViolation, MessageBeyondTheCredit) {
  const std::string large = Pattern(65'500);  // with its 32 just too much
  ExpectViolation(Role::kInitiator, MessageBytes({.order = Order::kFree,
                                                  .bytes = AsBytes(large + std::string(5, 'x'))}));
}
TEST(ChannelViolation, FinalChargeBeyondTheCredit) {
  ExpectViolation(Role::kInitiator, Raw(ResetRecord{SessionId(0), EndCode::kReset, 65'537}));
}
TEST(ChannelViolation, RekeyAnswerOutOfTurn) {
  ExpectViolation(Role::kAcceptor, Raw(RekeyRecord{AsBytes("token")}));
}
TEST(ChannelViolation, NewEpochInTheFirstOne) {
  ExpectViolation(Role::kInitiator, Raw(NewEpochRecord{1, 1}));
}
TEST(ChannelViolation, AnotherConfirm) {
  ExpectViolation(Role::kInitiator, Raw(ConfirmRecord{Bytes(32, 1)}));
}

TEST(ChannelViolation, ControlInAFrameThatMayExpire) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, ConfirmRecord{Bytes(32, 7)});
  AppendRecord(raw, OpenSessionRecord{SessionId(0), {}});
  ends.Give(ends.b, Rogue(Role::kInitiator).Seal({.reliable = false}, raw));
  EXPECT_EQ(ends.b.channel->state(), State::kClosing);
}

TEST(ChannelViolation, CountsThatContradict) {
  Ends ends;
  Rogue rogue(Role::kInitiator);
  ends.Give(ends.b, rogue.Next({}));
  ends.Give(ends.b, rogue.Seal({.reliable = true, .reliable_before = 0, .sequence = 2}, {}));
  EXPECT_EQ(ends.b.channel->state(), State::kClosing);
}

TEST(ChannelViolation, UnknownRecordsFrom128AreSkipped) {
  Ends ends;
  Rogue rogue(Role::kInitiator);
  Bytes raw{250, 3, 1, 2, 3};
  AppendRecord(raw, OpenSessionRecord{SessionId(0), {}});
  raw.push_back(0);
  raw.push_back(0);
  ends.Give(ends.b, rogue.Next(raw));
  EXPECT_TRUE(ends.b.seen.sessions[SessionId(0)].opened);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelViolation, BrokenOrderEndsTheSessionOnly) {
  Ends ends;
  Rogue rogue(Role::kInitiator);
  for (std::uint64_t n : {0, 1})
    ends.Give(ends.b, rogue.NextWith(OpenSessionRecord{SessionId(n), {}}));
  ends.Give(ends.b, rogue.Next(MessageBytes({.order = Order::kOrdered, .session = SessionId(0)})));
  EXPECT_TRUE(ends.b.seen.sessions[SessionId(0)].reset);
  EXPECT_EQ(ends.b.seen.sessions[SessionId(0)].code, EndCode::kProtocol);
  EXPECT_FALSE(ends.b.seen.sessions[SessionId(1)].reset);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
  // More of it counts for nothing.
  ends.Give(ends.b, rogue.Next(MessageBytes({.order = Order::kFree, .session = SessionId(0)})));
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelViolation, ImplicitSessionsAreBoundedByTheLimit) {
  Ends ends;
  Rogue rogue(Role::kInitiator);
  ends.Give(ends.b, rogue.NextWith(EndSessionRecord{SessionId(1023)}));
  EXPECT_EQ(ends.b.channel->session_count(), 1023u);
  EXPECT_TRUE(ends.b.seen.sessions.empty());  // none was announced
}

}  // namespace
}  // namespace funnel::wire::testing
