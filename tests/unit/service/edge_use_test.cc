// What an edge reports to funnel-sctpd, so that it knows when it may replace an association.
#include "tests/unit/service/recorders.h"

namespace funnel::service {
namespace {

class EdgeUseTest : public EdgeTest {
 protected:
  void SetUp() override {}
  void Make(config::Protocol protocol) {
    protocol_ = protocol;
    EdgeTest::SetUp();
    Start();
    ASSERT_TRUE(UntilUp());
  }
};

TEST_F(EdgeUseTest, ConnectionsAreReportedBeforeTheirFirstFrameAndWhenTheyEnd) {
  Make(config::Protocol::kTcp);
  Settle();
  EXPECT_FALSE(sctpd_->notes.back().in_use);
  std::size_t before = sctpd_->from_near.size();
  auto session = near_app_.up->wire().OpenSession({"192.0.2.1:1", "192.0.2.2:22"});
  ASSERT_TRUE(session);
  near_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return sctpd_->from_near.size() >= before + 2; }));
  EXPECT_EQ(sctpd_->from_near[before], wire::FrameType::kNote);
  EXPECT_EQ(sctpd_->from_near[before + 1], wire::FrameType::kSealed);
  EXPECT_TRUE(sctpd_->notes.back().in_use);
  EXPECT_EQ(sctpd_->notes.back().state, ipc::NoteState::kOpen);
  near_app_.up->wire().ResetSession(*session, wire::EndCode::kReset);
  near_app_.up->RequestFlush();
  EXPECT_TRUE(Until([&] { return !sctpd_->notes.back().in_use; }));
}

TEST_F(EdgeUseTest, FlowsOutliveTheChannelAndAreNotReported) {
  Make(config::Protocol::kUdp);
  ASSERT_TRUE(Exchange("hello"));
  for (const auto& note : sctpd_->notes) EXPECT_FALSE(note.in_use);
}

TEST_F(EdgeUseTest, ComesAtOnceWhenTheAssociationGaveWay) {
  Make(config::Protocol::kUdp);
  ASSERT_TRUE(Exchange("one"));
  // Once, a lost report may arrive as soon by chance; not five times.
  TimePoint began = Now();
  for (int i = 1; i <= 5; ++i) {
    sctpd_->DropAssociation(ipc::LinkEndCode::kMoved);
    ASSERT_TRUE(Until([&] { return near_app_.ups == i + 1 && far_app_.ups == i + 1; }));
  }
  EXPECT_LT(Now() - began, 5 * RetryDelay::kMovedMax + std::chrono::milliseconds(500));
  EXPECT_TRUE(Exchange("two"));
}

}  // namespace
}  // namespace funnel::service
