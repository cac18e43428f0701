// A peer that has the keys but follows no rules: the channel ends, with a FAREWELL that says why.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

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
  // More of it has no effect.
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
