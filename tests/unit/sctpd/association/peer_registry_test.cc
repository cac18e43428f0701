// PeerRegistry alone; association_test.cc has reloads in a whole node.
#include "funnel-sctpd/association/peer_registry.h"

#include "tests/unit/sctpd/association/peer_harness.h"

namespace funnel::sctpd {
namespace {

class PeerRegistryTest : public PeerParts {
 protected:
  PeerRegistryTest() {
    shared.work = [this] { ++asked_for_work; };
    shared.config.peers = {config};
    peers.Add(config);
    host.peer = peers.Find("b");
  }
  // Changes the configuration by CHANGE, and reloads.
  template <typename Change>
  void Reload(Change&& change) {
    const config::Configuration old = shared.config;
    change(shared.config.peers);
    peers.Reload(old);
  }
  // The peer "b" is up.
  Association& BringUp() {
    Peer& b = *peers.Find("b");
    b.Consider();
    resolver.Answer();
    Association& association = *host.all.at(AssociationId(1));
    b.OnUp(association);
    association.SetState(Association::Verifying{}, "");
    b.OnServed(association);
    association.SetState(Association::Up{.node = "b.example"}, "");
    b.OnUsable(association);
    return association;
  }

  int asked_for_work = 0;
  PeerRegistry peers{shared, host};
};

TEST_F(PeerRegistryTest, PeersAreFoundByTheirName) {
  ASSERT_NE(peers.Find("b"), nullptr);
  EXPECT_EQ(peers.Find("b")->name(), "b");
  EXPECT_EQ(peers.Find("c"), nullptr);
  EXPECT_EQ(peers.size(), 1u);
}

TEST_F(PeerRegistryTest, OneThatIsTakenOutEndsWithAllThatItHas) {
  Association& up = BringUp();
  Reload([](auto& all) { all.clear(); });
  EXPECT_EQ(up.state(), AssociationState::kEnding);
  EXPECT_EQ(host.ended, std::vector<std::string>{"taken out of the configuration"});
  EXPECT_EQ(peers.Find("b"), nullptr);
}

TEST_F(PeerRegistryTest, OneThatNamesAnotherNodeBeginsAgainAndKeepsWhoWaits) {
  Association& up = BringUp();
  peers.Find("b")->AddWant();
  peers.Find("b")->AddWant();
  Reload([](auto& all) { all[0].node = "other.example"; });
  EXPECT_EQ(up.state(), AssociationState::kEnding);
  EXPECT_EQ(host.ended, std::vector<std::string>{"its configuration has changed"});
  ASSERT_NE(peers.Find("b"), nullptr);
  EXPECT_EQ(peers.Find("b")->up(), nullptr);
  EXPECT_EQ(peers.Find("b")->wanted_by(), 2u);
  EXPECT_EQ(peers.Find("b")->config().node, "other.example");
}

TEST_F(PeerRegistryTest, OneWithAnotherPrincipalBeginsAgainToo) {
  BringUp();
  Reload([](auto& all) {
    all[0].principal = *config::Principal::Parse("funnel/other.example@EXAMPLE");
  });
  EXPECT_EQ(peers.Find("b")->up(), nullptr);
}

TEST_F(PeerRegistryTest, SameFarEndStaysUp) {
  Association& up = BringUp();
  const Peer* before = peers.Find("b");
  Reload([](auto& all) { all[0].when = config::When::kOnDemand; });
  EXPECT_EQ(peers.Find("b"), before);
  EXPECT_EQ(peers.Find("b")->up(), &up);
  EXPECT_EQ(peers.Find("b")->config().when, config::When::kOnDemand);
}

TEST_F(PeerRegistryTest, NewOneIsAdded) {
  Reload([](auto& all) { all.push_back(MakePeer("c", "192.0.2.3")); });
  EXPECT_EQ(peers.size(), 2u);
  ASSERT_NE(peers.Find("c"), nullptr);
}

TEST_F(PeerRegistryTest, OneIsConsideredAtTheEarliestOfItsTimes) {
  Peer& b = *peers.Find("b");
  peers.Wake(b, now + 5s);
  peers.Wake(b, now + 9s);
  EXPECT_EQ(peers.NextTimer(), now + 5s);
  EXPECT_EQ(asked_for_work, 2);
  peers.OnTimer(now + 4s);
  EXPECT_EQ(resolver.questions, 0);
  peers.OnTimer(now + 5s);
  EXPECT_EQ(resolver.questions, 1) << "it was considered";
}

TEST_F(PeerRegistryTest, AllAreConsideredAtTheStart) {
  peers.Add(MakePeer("c", "192.0.2.3"));
  peers.ConsiderAll();
  EXPECT_EQ(resolver.questions, 2);
  EXPECT_EQ(peers.walked(), 2u);
}

TEST_F(PeerRegistryTest, HostsAreThoseOfAll) {
  EXPECT_TRUE(peers.Hosts().empty());
  peers.ConsiderAll();
  resolver.Answer();
  ASSERT_EQ(peers.Hosts().size(), 1u);
  EXPECT_EQ(peers.Hosts()[0].text(), resolver.found[0].address.text());
}

}  // namespace
}  // namespace funnel::sctpd
