// What happens to a live channel: rekeying, revocation, a restart of authd, hostile frames.
#include "tests/unit/service/recorders.h"

namespace funnel::service {
namespace {

TEST_F(EdgeTest, AnnouncesItsChannelsWhenAuthdStartsAgain) {
  Start();
  ASSERT_TRUE(UntilUp());
  authd_->Stop();
  Settle();
  authd_->Start();
  ASSERT_TRUE(Until([&] { return authd_->seen[ipc::MessageType::kAnnounce] == 2; }));
  Settle();
  EXPECT_TRUE(Exchange("still here"));
  EXPECT_EQ(near_app_.ups, 1);
}

TEST_F(EdgeTest, EndsAChannelWhoseRuleHasGoneWhileAuthdWasAway) {
  Start();
  ASSERT_TRUE(UntilUp());
  authd_->Stop();
  authd_->announce_answer = ipc::Failed{0, ipc::FailureCode::kNotAllowed, "not any more", false};
  Settle();
  authd_->Start();
  ASSERT_TRUE(Until([&] { return !near_app_.ends.empty() && !far_app_.ends.empty(); }));
  EXPECT_GE(near_counters_[kChannelsRevoked].value() + far_counters_[kChannelsRevoked].value(), 1u);
}

TEST_F(EdgeTest, RevokedEndsTheChannelWithFarewell) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  // authd gave these contexts first; Opening had number 1.
  for (std::uint64_t context = 1; context <= 3; ++context)
    authd_->SendToAll(ipc::Revoked{context, "the rule has gone"});
  ASSERT_TRUE(Until([&] { return !near_app_.ends.empty() && !far_app_.ends.empty(); }));
  EXPECT_EQ(near_app_.ends[0].first, wire::EndCode::kRevoked);
  EXPECT_TRUE(near_app_.ends[0].second);
  EXPECT_TRUE(far_app_.ends[0].second);
}

TEST_F(EdgeTest, ReleasesItsContexts) {
  Start();
  ASSERT_TRUE(UntilUp());
  near_->Stop();
  ASSERT_TRUE(Until([&] { return authd_->released.size() == 2; }));
}

TEST_F(EdgeTest, RekeysBeforeItsContextEnds) {
  authd_->life = std::chrono::milliseconds(1500);
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("epoch 0"));
  authd_->life = std::chrono::hours(1);
  ASSERT_TRUE(Until(
      [&] { return near_counters_[kRekeys].value() == 1 && far_counters_[kRekeys].value() == 1; }));
  ASSERT_TRUE(Exchange("epoch 1"));
  EXPECT_EQ(near_app_.up->wire().epoch(), Epoch(1));
  EXPECT_EQ(near_app_.ups, 1);
  // The old epoch's contexts were returned, one from each side.
  EXPECT_TRUE(Until([&] { return authd_->released.size() == 2; }));
}

TEST_F(EdgeTest, GoesOnInTheOldEpochWhenRekeyingFails) {
  authd_->life = std::chrono::milliseconds(1000);
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  authd_->fail_with = ipc::Failed{0, ipc::FailureCode::kLocal, "the KDC does not answer", false};
  ASSERT_TRUE(Until([&] { return near_counters_[kRekeysFailed].value() == 1; }));
  EXPECT_TRUE(Exchange("two"));
  EXPECT_EQ(near_app_.ups, 1);
}

TEST_F(EdgeTest, EndsAChannelWhoseKeyIsUsedUpWhileRekeyingFails) {
  authd_->life = std::chrono::milliseconds(1000);
  config::ServiceConfig service = near_->service();
  service.key_frames = 20;
  near_->Reload(service);
  Start();
  ASSERT_TRUE(UntilUp());
  authd_->fail_with = ipc::Failed{0, ipc::FailureCode::kLocal, "the KDC does not answer", false};
  for (int i = 0; i < 30 && near_app_.ends.empty(); ++i)
    if (!Exchange("again " + std::to_string(i))) break;
  ASSERT_TRUE(Until([&] { return !near_app_.ends.empty() && !far_app_.ends.empty(); }));
  EXPECT_EQ(near_app_.ends[0].first, wire::EndCode::kExpired);
  EXPECT_TRUE(near_app_.ends[0].second);
  EXPECT_GE(near_counters_[kRekeysFailed].value(), 1u);
  EXPECT_GE(near_counters_[kKeysWornOut].value() + far_counters_[kKeysWornOut].value(), 1u);
}

// For example its authd was restarted while the acceptor answered: then the acceptor's own context
// must not have changed.
TEST_F(EdgeTest, RekeysAfterAnAnswerThatTheInitiatorCouldNotUse) {
  authd_->life = std::chrono::milliseconds(1500);
  authd_->fail_completes = true;
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  authd_->life = std::chrono::hours(1);
  ASSERT_TRUE(Until([&] { return near_counters_[kRekeysFailed].value() >= 1; }));
  authd_->fail_completes = false;
  ASSERT_TRUE(Until(
      [&] { return near_counters_[kRekeys].value() == 1 && far_counters_[kRekeys].value() == 1; }));
  EXPECT_EQ(far_counters_[kRekeysFailed].value(), 0u);
  EXPECT_TRUE(Exchange("two"));
  EXPECT_EQ(near_app_.ups, 1);
}

TEST_F(EdgeTest, RekeysFromAContextThatWasAnnounced) {
  authd_->life = std::chrono::milliseconds(1500);
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  authd_->life = std::chrono::milliseconds(2500);  // for epoch 1, and the same for epoch 2
  ASSERT_TRUE(Until([&] { return far_counters_[kRekeys].value() == 1; }));
  authd_->Stop();
  Settle();
  authd_->Start();
  ASSERT_TRUE(Until([&] { return authd_->seen[ipc::MessageType::kAnnounce] == 2; }));
  ASSERT_TRUE(Until([&] { return far_counters_[kRekeys].value() == 2; }));
  EXPECT_TRUE(Exchange("two"));
  EXPECT_EQ(near_app_.ups, 1);
}

// The acceptor may have new keys: the edge reports that to authd, which gets a new ticket.
TEST_F(EdgeTest, ReportsToAuthdThatARekeyWasRefused) {
  authd_->life = std::chrono::milliseconds(1000);
  authd_->rekey_answer = ipc::Failed{0, ipc::FailureCode::kProtocol, "wrong keytab", false};
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  ASSERT_TRUE(Until([&] { return !authd_->refused_bodies.empty(); }));
  auto refused = wire::RefusedBody::Parse(authd_->refused_bodies.front());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, wire::RefusalCode::kRefused);
  EXPECT_EQ(near_counters_[kRekeysFailed].value(), 1u);
  EXPECT_TRUE(Exchange("two"));
}

// A peer of version 0.1.0 does not say in OPEN which kind its service has.
TEST_F(EdgeTest, EndsAChannelThatBringsTheOtherKindAndNamesBoth) {
  Start();
  ASSERT_TRUE(UntilUp());
  auto session = near_app_.up->wire().OpenSession({"192.0.2.1:1", "192.0.2.2:53"});
  ASSERT_EQ(near_app_.up->wire().SendBytes(*session, AsBytes("GET")), 3u);
  near_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return near_app_.ends.size() == 1 && far_app_.ends.size() == 1; }));
  EXPECT_EQ(near_app_.ends[0], std::pair(wire::EndCode::kProtocol, true));
  EXPECT_EQ(far_app_.ends[0], std::pair(wire::EndCode::kProtocol, true));
  EXPECT_EQ(far_counters_[kChannelsFailed].value(), 1u);
  EXPECT_TRUE(Until([&] {
    return status_.ends_with("this end carries datagrams (UDP), the other sends connections (TCP)");
  })) << status_;
}

TEST_F(EdgeTest, GivesTheApplicationWhatBothEndsCanDo) {
  authd_->features = wire::Features{wire::Feature::kDatagrams};
  Start();
  ASSERT_TRUE(UntilUp());
  EXPECT_EQ(near_app_.up->features(), authd_->features);
  EXPECT_EQ(far_app_.up->features(), authd_->features);
}

TEST_F(EdgeTest, NonsenseOnTheChannelSocketCostsTheChannelOnly) {
  Start();
  ASSERT_TRUE(UntilUp());
  sctpd_->SendRaw(Bytes{0, 0, 0, 3, 1, 2, 3});
  ASSERT_TRUE(Until([&] { return near_app_.ends.size() == 1; }));
  EXPECT_FALSE(near_app_.ends[0].second);
  EXPECT_TRUE(UntilUp());
}

TEST_F(EdgeTest, FramesThatAreNoneAreCountedAndDropped) {
  Start();
  ASSERT_TRUE(UntilUp());
  Bytes unit{0, 0, 0, 12};
  unit.resize(16, 0xFF);
  sctpd_->SendRaw(unit);
  EXPECT_TRUE(Until([&] { return near_counters_[kFramesMalformed].value() == 1; }));
  EXPECT_TRUE(Exchange("still here"));
}

TEST_F(EdgeTest, AlteredFramesAreCountedAndDeliverNothing) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  auto session = near_app_.up->wire().OpenSession({"c", "l"});
  near_app_.up->RequestFlush();
  Settle();
  sctpd_->tamper = [](MutableByteView frame) { frame.back() ^= 1; };
  near_app_.up->wire().SendDatagram(*session, AsBytes("never"));
  near_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return far_counters_[kFramesForged].value() == 1; }));
  sctpd_->tamper = nullptr;
  EXPECT_TRUE(Exchange("two"));
  EXPECT_EQ(far_app_.datagrams, (std::vector<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace funnel::service
