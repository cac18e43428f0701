#include "funnel-sctpd/association/association_registry.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/sctpd/fake_shared_state.h"

namespace funnel::sctpd {
namespace {

class AssociationRegistryTest : public testing::Test, public FakeSharedState {
 protected:
  AssociationRegistryTest() { SetLogLevel(LogLevel::kError); }

  Association& Add(std::uint64_t id) {
    return all.Add(std::make_unique<Association>(
        AssociationId(id), *sctp::TransportAddress::Parse("192.0.2.2", 9899), now));
  }
  void BringUp(Association& association) {
    association.peer = "b";
    all.SetState(association, Association::Up{.node = "b.example"}, "");
  }
  std::uint64_t up() { return counters[kAssociationsUp].value(); }

  AssociationRegistry all{shared};
};

TEST_F(AssociationRegistryTest, GaugeFollowsTheStates) {
  Association& first = Add(1);
  Association& second = Add(2);
  EXPECT_EQ(up(), 0u);
  BringUp(first);
  BringUp(second);
  EXPECT_EQ(up(), 2u);
  all.SetState(first, Association::Ending{}, "");
  EXPECT_EQ(up(), 1u);
  all.SetState(first, Association::Ending{}, "");
  EXPECT_EQ(up(), 1u) << "it was ending already";
}

TEST_F(AssociationRegistryTest, OneThatEndsIsFoundButIsNotAlive) {
  Association& association = Add(1);
  EXPECT_EQ(all.Find(AssociationId(1)), &association);
  EXPECT_EQ(all.FindAlive(AssociationId(1)), &association);
  all.SetState(association, Association::Ending{}, "");
  EXPECT_EQ(all.Find(AssociationId(1)), &association);
  EXPECT_EQ(all.FindAlive(AssociationId(1)), nullptr);
  EXPECT_EQ(all.Find(AssociationId(2)), nullptr);
  EXPECT_EQ(all.FindAlive(AssociationId(2)), nullptr);
}

TEST_F(AssociationRegistryTest, OneThatWasFoundLastIsForgottenWhenItGoes) {
  Add(1);
  Association& second = Add(2);
  ASSERT_EQ(all.Find(AssociationId(2)), &second);
  all.Remove(second);
  EXPECT_EQ(all.Find(AssociationId(2)), nullptr);
  // The number is the engine's, which may use it again.
  Association& fresh = Add(2);
  EXPECT_EQ(all.Find(AssociationId(2)), &fresh);
}

TEST_F(AssociationRegistryTest, DeadlinesComeOnceAndGoWithTheirAssociation) {
  int asked_for_work = 0;
  shared.work = [&] { ++asked_for_work; };
  Association& first = Add(1);
  Association& second = Add(2);
  all.SetDeadline(first, now + 5s);
  all.SetDeadline(second, now + 3s);
  EXPECT_EQ(asked_for_work, 2);
  EXPECT_EQ(all.NextTimer(), now + 3s);
  all.Remove(second);
  EXPECT_EQ(all.NextTimer(), now + 5s);

  std::vector<AssociationId> due;
  auto note = [&](Association& association) { due.push_back(association.id()); };
  all.RunDue(now + 4s, note);
  EXPECT_TRUE(due.empty());
  all.RunDue(now + 5s, note);
  all.RunDue(now + 6s, note);
  EXPECT_EQ(due, std::vector{AssociationId(1)});
  EXPECT_EQ(all.NextTimer(), TimePoint::max());
}

TEST_F(AssociationRegistryTest, LookingAtAllOfThemIsCounted) {
  Add(1);
  Add(2);
  EXPECT_EQ(all.Find(AssociationId(1))->id(), AssociationId(1));
  EXPECT_EQ(all.walked(), 0u) << "finding one is not";
  EXPECT_EQ(all.All().size(), 2u);
  EXPECT_EQ(all.walked(), 2u);
}

}  // namespace
}  // namespace funnel::sctpd
