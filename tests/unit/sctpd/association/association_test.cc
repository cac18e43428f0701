// Who gets an association, who keeps it, and when it is made again.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

class AssociationTest : public TwoNodes {};

TEST_F(AssociationTest, ConnectsAndHasBothEndsVerified) {
  MakeNodes();
  Settle();
  ASSERT_EQ(a->authd.starts.size(), 1u);
  EXPECT_EQ(a->authd.starts[0].peer, "b");
  EXPECT_TRUE(b->authd.starts.empty());
  EXPECT_EQ(a->only_association().state(), AssociationState::kVerifying);
  a->Verify(a->only_association(), "b");
  EXPECT_EQ(a->associations->FindUp("b"), &a->only_association());
  EXPECT_EQ(a->only_association().streams.ours(), Parity::kOdd);
}

// Linux's SCTP continues by another of the peer's addresses when the first falls silent.
TEST_F(AssociationTest, MovesBeforeTheVerdictAndGivesItsOwnPlaceBack) {
  const sctp::PeerPath elsewhere{*sctp::TransportAddress::Parse("198.51.100.7", 9899)};
  for (bool verified : {false, true}) {
    a.reset();
    b.reset();
    MakeNodes();
    Settle();
    Association& incoming = b->only_association();
    b->engine->MoveTo(incoming.id(), elsewhere);
    Settle();
    ASSERT_EQ(incoming.address, elsewhere.address);
    ASSERT_EQ(b->Count(kAssociationsUnverified), 1u);
    if (verified)
      b->Verify(incoming, "a");
    else
      Advance(config_b.node.sctp.verify_timeout + 1s);
    EXPECT_EQ(b->Count(kAssociationsUnverified), 0u);
  }
}

TEST_F(AssociationTest, ReconnectsWithGrowingDelaysWhileNobodyAnswers) {
  MakeNodes();
  network.hosts.erase(*sctp::TransportAddress::Parse("192.0.2.2", 9899));
  Settle();
  EXPECT_EQ(a->Count(kConnects), 1u);
  Advance(49ms);
  EXPECT_EQ(a->Count(kConnects), 1u);
  Advance(1ms);
  EXPECT_EQ(a->Count(kConnects), 2u);
  Advance(50ms);
  EXPECT_EQ(a->Count(kConnects), 2u);
  Advance(50ms);
  EXPECT_EQ(a->Count(kConnects), 3u);
}

TEST_F(AssociationTest, SilentAddressIsGivenUp) {
  MakeNodes();
  network.hosts.erase(*sctp::TransportAddress::Parse("192.0.2.2", 9899));
  a->engine->answers_no = false;
  Settle();
  EXPECT_EQ(a->only_association().state(), AssociationState::kConnecting);
  Advance(6s);
  EXPECT_EQ(a->Count(kConnectsFailed), 1u);
}

TEST_F(AssociationTest, BothConnectingConvergeOnTheLowerNodes) {
  MakeNodes(/*b_connects=*/true);
  Settle();
  ASSERT_EQ(a->associations->associations().size(), 2u);
  auto verify_all = [](TestNode& node, const std::string& peer, bool reversed) {
    std::vector<Association*> all;
    for (const auto& [id, association] : node.associations->associations())
      all.push_back(association.get());
    if (reversed) std::swap(all[0], all[1]);
    for (Association* association : all) node.Verify(*association, peer);
  };
  verify_all(*a, "b", false);
  verify_all(*b, "a", true);
  Settle();
  ASSERT_EQ(a->associations->associations().size(), 1u);
  ASSERT_EQ(b->associations->associations().size(), 1u);
  EXPECT_TRUE(a->only_association().up());
  EXPECT_TRUE(b->only_association().up());
  EXPECT_TRUE(a->only_association().outgoing());
}

TEST_F(AssociationTest, OnlyANewerInstanceReplacesAnAssociation) {
  MakeNodes();
  Settle();
  b->Verify(b->only_association(), "a", 10);
  Association* first = b->associations->FindUp("a");
  ASSERT_TRUE(
      a->engine->Connect({.addresses = {*sctp::TransportAddress::Parse("192.0.2.2", 9899)}}));
  Settle();
  ASSERT_EQ(b->associations->associations().size(), 2u);
  Association& older = *b->associations->associations().rbegin()->second;
  b->Verify(older, "a", 9);
  EXPECT_EQ(b->associations->FindUp("a"), first);
  Settle();
  ASSERT_TRUE(
      a->engine->Connect({.addresses = {*sctp::TransportAddress::Parse("192.0.2.2", 9899)}}));
  Settle();
  Association& newer = *b->associations->associations().rbegin()->second;
  b->Verify(newer, "a", 11);
  EXPECT_EQ(b->associations->FindUp("a"), &newer);
  EXPECT_EQ(b->Count(kAssociationsReplaced), 1u);
  Settle();
  EXPECT_EQ(b->associations->associations().size(), 1u);
}

TEST_F(AssociationTest, StrangersAreLimitedAndKeepNobodyOut) {
  config_b.node.sctp.unverified_associations = 8;
  config_b.node.sctp.unverified_per_address = 100;
  MakeNodes();
  Settle();
  b->Verify(b->only_association(), "a");
  FakeEngine stranger(network, *sctp::TransportAddress::Parse("198.51.100.9", 9899),
                      *a->associations);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(
        stranger.Connect({.addresses = {*sctp::TransportAddress::Parse("192.0.2.2", 9899)}}));
  Settle();
  EXPECT_GE(b->Count(kAssociationsLimited), 14u);
  // The peer comes from an address that was verified before, so it gets its reserved share.
  ASSERT_TRUE(
      a->engine->Connect({.addresses = {*sctp::TransportAddress::Parse("192.0.2.2", 9899)}}));
  Settle();
  EXPECT_EQ(b->associations->associations().rbegin()->second->state(),
            AssociationState::kVerifying);
}

TEST_F(AssociationTest, OnDemandConnectsForAnEdgeAndLetsGoWhenIdle) {
  MakeNodes();
  // A separate node, whose peer is on demand.
  config_a.peers[0].when = config::When::kOnDemand;
  a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
  a->associations->Start();
  Settle();

  EXPECT_EQ(a->Count(kConnects), 0u);

  {
    TestEdge edge = a->Attach("dns");
    Settle();
    EXPECT_EQ(a->Count(kConnects), 1u);
    a->Verify(a->only_association(), "b");
    b->Verify(b->only_association(), "a");
    Settle();
    EXPECT_EQ(edge.ReceiveTypes(), std::vector{wire::FrameType::kLinkUp});
    Advance(6min);
    EXPECT_NE(a->associations->FindUp("b"), nullptr);
  }

  Settle();
  Advance(4min);
  EXPECT_NE(a->associations->FindUp("b"), nullptr);
  Advance(2min);
  EXPECT_EQ(a->associations->FindUp("b"), nullptr);
  Advance(1min);
  EXPECT_TRUE(a->associations->associations().empty());
}

TEST_F(AssociationTest, ReloadTouchesOnlyWhatChanged) {
  BringUp();
  config::Configuration old = a->shared.config;
  a->shared.config.peers.push_back(MakePeer("c", "192.0.2.3"));
  a->associations->Reload(old);
  EXPECT_NE(a->associations->FindUp("b"), nullptr);
  EXPECT_TRUE(a->associations->peers().contains("c"));
  old = a->shared.config;
  a->shared.config.peers = {MakePeer("c", "192.0.2.3")};
  a->associations->Reload(old);
  EXPECT_EQ(a->associations->FindUp("b"), nullptr);
  EXPECT_FALSE(a->associations->peers().contains("b"));
  Settle();
}

TEST_F(AssociationTest, PeerThatDoesNotReadIsEnded) {
  BringUp();
  a->engine->room_bytes = 0;
  for (std::size_t i = 0; i <= Association::kMaxControlQueue; ++i)
    a->associations->SendControl(a->only_association(), StreamId(65), Bytes(20, 1));
  EXPECT_EQ(a->Count(kControlOverflows), 1u);
  Advance(1ms);
  EXPECT_EQ(a->associations->FindUp("b"), nullptr);
}

TEST_F(AssociationTest, ForeignPayloadProtocolIsDropped) {
  BringUp();
  b->engine->Inject(b->only_association().id(), StreamId(64), 46, Bytes(40, 1));
  Settle();
  EXPECT_EQ(b->Count(kDropPayloadProtocol), 1u);
}

}  // namespace
}  // namespace funnel::sctpd
