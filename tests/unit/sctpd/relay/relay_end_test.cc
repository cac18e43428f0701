// How relayed channels end.
#include "tests/unit/sctpd/relay/relay_chain.h"

namespace funnel::sctpd {
namespace {

TEST_F(RelayTest, DeathOfTheNextHopTruncatesAtTheOrigin) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->EndByPeer(r->associations->FindUp("b")->id(), sctp::DownReason::kDeadPeer);
  Settle();
  auto frames = edge.Receive();
  ASSERT_FALSE(frames.empty());
  auto closed = wire::ClosedBody::Parse(ByteView(frames[0]).subspan(wire::kFrameHeaderSize));
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, wire::ClosedCode::kNoLink);
  edge.SendClosed(kId);
  Settle();
  ExpectNothingLeftAtRelay();
}

TEST_F(RelayTest, ReloadThatTakesThePeerOutEndsItsChannels) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->channels->Reload();
  Settle();
  EXPECT_TRUE(edge.ReceiveTypes().empty());
  r->shared.config.services[0].relay_from = {"somebody"};
  r->channels->Reload();
  Settle();
  auto types = edge.ReceiveTypes();
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(types[0], FrameType::kClosed);
  EXPECT_FALSE(served.ReceiveTypes().empty());
}

TEST_F(RelayTest, OriginThatGivesUpIsAnsweredWithClosed) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  edge.SendClosed(kId);
  Settle();
  EXPECT_TRUE(edge.closed || !edge.ReceiveTypes().empty());
  Settle();
  ExpectNothingLeftAtRelay();
}

// Two sides of each relayed channel, by their numbers.
std::vector<std::uint64_t> NumbersAt(const TestNode& relay) {
  std::vector<std::uint64_t> out;
  for (const auto& [number, channel] : relay.channels->channels()) out.push_back(number);
  return out;
}

// The code of the first CLOSED that EDGE got.
wire::ClosedCode ClosedAt(TestEdge& edge) {
  for (const Bytes& frame : edge.Receive())
    if (TestEdge::TypeOf(frame) == FrameType::kClosed)
      return wire::ClosedBody::Parse(ByteView(frame).subspan(wire::kFrameHeaderSize))->code;
  ADD_FAILURE() << "no CLOSED";
  return {};
}

TEST_F(RelayTest, AdministratorEndsBothSidesWhicheverIsNamed) {
  MakeNodes();
  for (std::size_t side : {0u, 1u}) {
    b->authd.accepts.clear();
    TestEdge edge = a->Attach("dns");
    TestEdge served = Open(edge);
    const std::vector<std::uint64_t> numbers = NumbersAt(*r);
    ASSERT_EQ(numbers.size(), 2u);

    EXPECT_EQ(r->channels->CloseRelayed("dns", numbers[1] + 1), 0u);
    EXPECT_EQ(r->channels->CloseRelayed("ldap", std::nullopt), 0u);
    EXPECT_EQ(r->channels->CloseRelayed("dns", numbers[side]), 1u);
    EXPECT_EQ(r->channels->CloseRelayed("dns", numbers[side]), 0u) << "it is closing already";

    Settle();
    EXPECT_EQ(ClosedAt(edge), wire::ClosedCode::kAdministrator);
    EXPECT_EQ(ClosedAt(served), wire::ClosedCode::kAdministrator);
    EXPECT_EQ(a->channels->channels().begin()->second->reason,
              "the peer says: closed by an administrator of a relay");

    edge.SendClosed(kId);
    served.SendClosed(kId);
    Settle();
    ExpectNothingLeftAtRelay();
  }
}

TEST_F(RelayTest, AdministratorEndsAllOfAServiceWithWhatWaits) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->room_bytes = 0;
  edge.Send(FrameType::kSealed, kId, Bytes(1000));
  Settle();
  EXPECT_GT(r->channels->relays().queued_bytes(), 0u);
  EXPECT_EQ(r->channels->CloseRelayed("dns", std::nullopt), 1u);
  EXPECT_EQ(r->channels->relays().queued_bytes(), 0u);
  r->engine->MakeRoom(SIZE_MAX);
  Settle();
  EXPECT_EQ(ClosedAt(edge), wire::ClosedCode::kAdministrator);
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kClosed});
}

TEST_F(RelayTest, AdministratorEndsAnOpenThatIsNotAnswered) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  EXPECT_EQ(r->channels->CloseRelayed("dns", std::nullopt), 1u);
  Settle();
  EXPECT_EQ(RefusalIn(edge).text, "relay r.example: closed by an administrator");
  EXPECT_EQ(b->channels->channels().size(), 0u);
  ExpectNothingLeftAtRelay();
}

}  // namespace
}  // namespace funnel::sctpd
