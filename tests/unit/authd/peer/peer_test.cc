// @peer between two whole authds; the test plays both sctpds and the association between them.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/ipc/authd_messages.h"
#include "common/wire/frame/frame.h"
#include "tests/unit/authd/two_nodes.h"

namespace funnel::authd {
namespace {

using test::TestClient;
using wire::FrameType;

constexpr AssociationId kAssociation{7};

// The association's two ends: passes PeerFrames across, and collects the verdicts.
class Wire {
 public:
  Wire(event::Loop& loop, TestClient& left, TestClient& right)
      : loop_(loop), ends_{{left}, {right}} {}

  struct End {
    TestClient& client;
    std::size_t seen = 0;
    std::optional<ipc::PeerVerified> verified{};
    std::optional<ipc::PeerFailed> failed{};
    std::vector<FrameType> sent{};
    int verdicts = 0;
  };
  [[nodiscard]] End& left() { return ends_[0]; }
  [[nodiscard]] End& right() { return ends_[1]; }

  template <typename Condition>
  [[nodiscard]] bool RunUntil(Condition&& condition, Duration deadline = std::chrono::seconds(20)) {
    return test::RunUntil(
        loop_,
        [&] {
          Carry(left(), right());
          Carry(right(), left());
          return condition();
        },
        deadline);
  }
  // May change each frame on its way; an empty frame is lost.
  std::function<void(Bytes&)> on_the_way = [](Bytes&) {};

 private:
  void Carry(End& from, End& to) {
    for (; from.seen < from.client.packets().size(); ++from.seen) {
      const Bytes& packet = from.client.packets()[from.seen];
      if (auto frame = ipc::Parse<ipc::PeerFrame>(packet)) {
        from.sent.push_back(wire::FrameHeader::Parse(frame->frame)->type);
        on_the_way(frame->frame);
        if (!frame->frame.empty()) to.client.Send(*frame);
      } else if (auto verified = ipc::Parse<ipc::PeerVerified>(packet)) {
        from.verified = *verified;
        ++from.verdicts;
      } else if (auto failed = ipc::Parse<ipc::PeerFailed>(packet)) {
        from.failed = *failed;
        ++from.verdicts;
      } else {
        ADD_FAILURE() << "an unexpected packet";
      }
    }
  }

  event::Loop& loop_;
  End ends_[2];
};

class PeerTest : public test::TwoRunningNodes {
 protected:
  void Start(TestClient& sctpd, const std::string& peer) {
    sctpd.Send(ipc::PeerStart{kAssociation, peer});
  }
  // Both start at once, so that their OPENs cross.
  void StartAtOnce() {
    Start(branch_sctpd_, "hoster");
    Start(hoster_sctpd_, "branch");
    ASSERT_TRUE(test::RunUntil(*loop_, [this] {
      return !branch_sctpd_.packets().empty() && !hoster_sctpd_.packets().empty();
    }));
  }
  // How many OPENs were accepted.
  [[nodiscard]] std::ptrdiff_t Opened() {
    return std::ranges::count(wire_.left().sent, FrameType::kOpened) +
           std::ranges::count(wire_.right().sent, FrameType::kOpened);
  }
  [[nodiscard]] bool BothVerified() {
    return wire_.RunUntil([this] { return wire_.left().verified && wire_.right().verified; });
  }
  [[nodiscard]] bool BothFailed() {
    return wire_.RunUntil([this] { return wire_.left().failed && wire_.right().failed; });
  }

  TestClient branch_sctpd_ = branch_node_->Connect(), hoster_sctpd_ = hoster_node_->Connect();
  Wire wire_{*loop_, branch_sctpd_, hoster_sctpd_};
};

TEST_F(PeerTest, TellsBothSctpdsWhoIsThere) {
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothVerified());
  EXPECT_EQ(wire_.left().verified->peer, "hoster");
  EXPECT_EQ(wire_.left().verified->node, "hoster.test");
  EXPECT_EQ(wire_.right().verified->peer, "branch");
  EXPECT_EQ(wire_.right().verified->association, kAssociation);
  EXPECT_NE(wire_.left().verified->instance, 0u);
  EXPECT_EQ(wire_.left().sent.front(), FrameType::kOpen);
}

TEST_F(PeerTest, SaysANewerInstanceAfterEachStart) {
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothVerified());
  const auto before = wire_.right().verified->instance;
  branch_node_->Stop();
  branch_node_->Start();
  TestClient again = branch_node_->Connect();
  Wire wire(*loop_, again, hoster_sctpd_);
  again.Send(ipc::PeerStart{AssociationId(8), "hoster"});
  wire.on_the_way = [](Bytes&) {};
  // What the hoster sent before belongs to the first association.
  wire.right().seen = hoster_sctpd_.packets().size();
  ASSERT_TRUE(wire.RunUntil([&] { return wire.right().verified.has_value(); }));
  EXPECT_GT(wire.right().verified->instance, before);
}

TEST_F(PeerTest, TakesOneOpenWhereBothConnected) {
  StartAtOnce();
  ASSERT_TRUE(BothVerified());
  EXPECT_FALSE(wire_.left().failed || wire_.right().failed);
  EXPECT_EQ(Opened(), 1);
}

TEST_F(PeerTest, TakesOneOpenWhereBothConnectedAndSpellEachOtherOtherwise) {
  branch_node_->Configure("peers.d/hoster.ini", "[peer]\nnode = HOSTER.TEST.\nprincipal = " +
                                                    hoster_ + "\nconnect = 192.0.2.1\n");
  branch_node_->server().Reload();
  StartAtOnce();
  ASSERT_TRUE(BothVerified());
  EXPECT_FALSE(wire_.left().failed || wire_.right().failed);
  EXPECT_EQ(Opened(), 1);
}

TEST_F(PeerTest, RefusesAPeerThatIsNotConfigured) {
  hoster_node_->Configure("peers.d/branch.ini", "");
  hoster_node_->server().Reload();
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothFailed());
  EXPECT_NE(wire_.right().failed->text.find("no peer is configured as principal " + branch_),
            std::string::npos)
      << wire_.right().failed->text;
  // The reason came sealed.
  EXPECT_NE(wire_.left().failed->text.find("no peer is configured"), std::string::npos)
      << wire_.left().failed->text;
}

TEST_F(PeerTest, RefusesAPrincipalOnTheWrongNode) {
  hoster_node_->Configure("peers.d/branch.ini",
                          "[peer]\nnode = elsewhere.test\nprincipal = " + branch_ + "\n");
  hoster_node_->server().Reload();
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(wire_.RunUntil([this] { return wire_.right().failed.has_value(); }));
  EXPECT_FALSE(wire_.right().verified);
}

TEST_F(PeerTest, NoticesAlteredFrames) {
  for (FrameType target : {FrameType::kOpen, FrameType::kOpened}) {
    TestClient left = branch_node_->Connect(), right = hoster_node_->Connect();
    Wire wire(*loop_, left, right);
    wire.on_the_way = [target](Bytes& frame) {
      if (wire::FrameHeader::Parse(frame)->type == target) frame[frame.size() / 2] ^= 1;
    };
    left.Send(ipc::PeerStart{AssociationId(20), "hoster"});
    ASSERT_TRUE(wire.RunUntil([&] { return wire.left().failed || wire.right().failed; }));
    EXPECT_FALSE(wire.left().verified);
  }
}

TEST_F(PeerTest, SurvivesGarbageOnStream0) {
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothVerified());
  const int verdicts = wire_.right().verdicts;
  for (std::uint8_t seed = 0; seed < 200; ++seed) {
    Bytes garbage(1 + seed);
    for (std::size_t i = 0; i < garbage.size(); ++i)
      garbage[i] = static_cast<std::uint8_t>(seed * 37 + i * 11);
    if (garbage.size() > 1 && seed % 2 == 0) {
      garbage[0] = seed % 5 + 1;
      garbage[1] = 1;
    }
    hoster_sctpd_.Send(ipc::PeerFrame{kAssociation, garbage});
  }
  ASSERT_TRUE(wire_.RunUntil([this] { return hoster_node_->Count(kPeerFramesDropped) > 50; }));
  EXPECT_EQ(wire_.right().verdicts, verdicts);
}

TEST_F(PeerTest, OpensAnotherChannelWhenTheFarAuthdStartedAnew) {
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothVerified());
  hoster_node_->Stop();
  hoster_node_->Start();
  TestClient again = hoster_node_->Connect();
  Wire wire(*loop_, branch_sctpd_, again);
  wire.left().seen = branch_sctpd_.packets().size();
  // A frame of the old channel: one that the branch sent before.
  for (const Bytes& packet : branch_sctpd_.packets()) {
    auto frame = ipc::Parse<ipc::PeerFrame>(packet);
    if (frame && wire::FrameHeader::Parse(frame->frame)->type == FrameType::kSealed)
      again.Send(*frame);
  }
  ASSERT_TRUE(wire.RunUntil([&] { return wire.left().verified && wire.right().verified; }));
  EXPECT_FALSE(wire.left().failed);
}

TEST_F(PeerTest, EndsAPeerThatAReloadTookAway) {
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothVerified());
  hoster_node_->Configure("peers.d/branch.ini", "");
  hoster_node_->server().Reload();
  ASSERT_TRUE(wire_.RunUntil([this] { return wire_.right().failed.has_value(); }));
  EXPECT_NE(wire_.right().failed->text.find("no longer configured"), std::string::npos);
}

TEST_F(PeerTest, SaysWhatIsWrongWithKerberos) {
  realm_.StopKdc();
  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(wire_.RunUntil([this] { return wire_.left().failed.has_value(); }));
  EXPECT_NE(wire_.left().failed->text.find("unreachable KDC"), std::string::npos)
      << wire_.left().failed->text;
}

// Each OPEN costs us a token: a peer that opens again and again must wait, others need not.
TEST_F(PeerTest, AVerifiedPeerThatOpensWithoutEndKeepsNobodyElseFromBeingVerified) {
  Bytes open;
  wire_.on_the_way = [&open](Bytes& frame) {
    if (wire::FrameHeader::Parse(frame)->type == FrameType::kOpen) open = frame;
  };

  Start(branch_sctpd_, "hoster");
  ASSERT_TRUE(BothVerified());
  for (int i = 0; i < 500; ++i) hoster_sctpd_.Send(ipc::PeerFrame{kAssociation, open});

  constexpr AssociationId kOther{8};
  hoster_sctpd_.Send(ipc::PeerFrame{kOther, open});

  const auto refused = [this](AssociationId association, wire::RefusalCode code) {
    std::size_t count = 0;
    for (const Bytes& packet : hoster_sctpd_.packets()) {
      auto frame = ipc::Parse<ipc::PeerFrame>(packet);
      if (!frame || frame->association != association) continue;
      auto header = wire::FrameHeader::Parse(frame->frame);
      if (header->type != FrameType::kRefused) continue;
      auto body = wire::RefusedBody::Parse(ByteView(frame->frame).subspan(wire::kFrameHeaderSize));
      count += body && body->code == code;
    }
    return count;
  };
  // The same token again is a replay: the other peer is refused for that, so its OPEN was read.
  ASSERT_TRUE(wire_.RunUntil([&] { return refused(kOther, wire::RefusalCode::kRefused) == 1; }));
  EXPECT_EQ(refused(kOther, wire::RefusalCode::kBusy), 0u);
  EXPECT_GT(refused(kAssociation, wire::RefusalCode::kBusy), 100u);
  EXPECT_GE(hoster_node_->Count(kBusy), refused(kAssociation, wire::RefusalCode::kBusy));
}

// Tickets of a few seconds: the channel renews itself before they end.
class ShortPeerTest : public test::TwoNodes {
 protected:
  ShortPeerTest() : TwoNodes("", {.ticket_lifetime = "6s"}) { StartBoth(); }
};

TEST_F(ShortPeerTest, RenewsItselfBeforeItsTicketEnds) {
  TestClient left = branch_node_->Connect(), right = hoster_node_->Connect();
  Wire wire(*loop_, left, right);
  left.Send(ipc::PeerStart{kAssociation, "hoster"});
  ASSERT_TRUE(wire.RunUntil(
      [&] { return branch_node_->Count(kRekeys) >= 1 && hoster_node_->Count(kRekeys) >= 1; }));
  EXPECT_TRUE(wire.left().verified && wire.right().verified);
  EXPECT_FALSE(wire.left().failed || wire.right().failed);
}

}  // namespace
}  // namespace funnel::authd
