#include "tests/unit/service/two_edges.h"

namespace funnel::service {
namespace {

// Remembers what it was told; the far one echoes.
class Recorder final : public Application {
 public:
  void OnChannelUp(ChannelHandle& channel) override {
    up = &channel;
    ++ups;
  }
  void OnChannelDown(ChannelHandle&, wire::EndCode code, bool clean) override {
    up = nullptr;
    ends.emplace_back(code, clean);
  }
  void OnUnavailable(const std::string& reason) override { unavailable = reason; }
  void OnSessionOpened(ChannelHandle&, SessionId, const wire::SessionInfo& info) override {
    clients.push_back(info.client);
  }
  void OnDatagram(ChannelHandle& channel, SessionId session, ByteView datagram) override {
    datagrams.emplace_back(AsText(datagram));
    if (channel.role() == wire::Role::kAcceptor) channel.wire().SendDatagram(session, datagram);
  }
  void OnSessionReset(ChannelHandle&, SessionId, wire::EndCode) override { ++resets; }
  void OnReload(const config::ServiceConfig& service) override { idle = service.idle_timeout; }
  void OnStop() override { told_to_stop = true; }

  ChannelHandle* up = nullptr;
  int ups = 0, resets = 0;
  bool told_to_stop = false;
  std::chrono::milliseconds idle{0};
  std::vector<std::pair<wire::EndCode, bool>> ends;
  std::vector<std::string> clients, datagrams;
  std::string unavailable;
};

class EdgeTest : public TwoEdgesTest {
 protected:
  void SetUp() override {
    TwoEdgesTest::SetUp();
    near_ = std::make_unique<Edge>(*loop_, Setup(config::Role::kListen), near_app_, near_counters_);
    far_ = std::make_unique<Edge>(*loop_, Setup(config::Role::kConnect), far_app_, far_counters_);
    ASSERT_TRUE(far_->StartConnecting(ListenAt(folder_ + "/dns.sock")));
  }
  void TearDown() override {
    near_.reset();
    far_.reset();
    TwoEdgesTest::TearDown();
  }
  void Start() { ASSERT_TRUE(near_->StartListening()); }
  [[nodiscard]] bool UntilUp() {
    return Until([this] { return near_app_.up != nullptr && far_app_.up != nullptr; });
  }
  // One datagram there and back.
  [[nodiscard]] bool Exchange(const std::string& text) {
    auto session = near_app_.up->wire().OpenSession({"192.0.2.1:1", "192.0.2.2:53"});
    if (!session) return false;
    near_app_.up->wire().SendDatagram(*session, AsBytes(text));
    near_app_.up->RequestFlush();
    return Until(
        [&] { return !near_app_.datagrams.empty() && near_app_.datagrams.back() == text; });
  }

  Recorder near_app_, far_app_;
  std::unique_ptr<Edge> near_, far_;
};

TEST_F(EdgeTest, OpensAChannelAndCarriesDatagrams) {
  Start();
  ASSERT_TRUE(UntilUp());
  EXPECT_EQ(near_app_.up->remote_principal(), "dns/far@R");
  EXPECT_EQ(far_app_.up->remote_principal(), "dns/near@R");
  EXPECT_EQ(far_app_.up->peer(), "near");
  EXPECT_TRUE(Exchange("hello"));
  EXPECT_EQ(far_app_.clients, std::vector<std::string>{"192.0.2.1:1"});
  EXPECT_EQ(near_counters_[kChannelsUp].value(), 1u);
  EXPECT_EQ(status_, "1 channels are up");
  EXPECT_EQ(sctpd_->notes.back().state, ipc::NoteState::kOpen);
}

TEST_F(EdgeTest, PacksWhatOneTurnSentIntoOneFrame) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("first"));
  Settle();
  std::size_t before = sctpd_->from_near.size();
  for (int i = 0; i < 5; ++i) {
    auto session = near_app_.up->wire().OpenSession({"c", "l"});
    near_app_.up->wire().SendDatagram(*session, AsBytes("x"));
  }
  near_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return near_app_.datagrams.size() == 6; }));
  EXPECT_LE(sctpd_->from_near.size() - before, 2u);  // records of sessions, and datagrams
}

TEST_F(EdgeTest, WaitsForTheAssociation) {
  sctpd_->link_up = false;
  Start();
  ASSERT_TRUE(Until([&] { return status_ == "waits for the association with far"; }));
  EXPECT_EQ(authd_->seen[ipc::MessageType::kInitiate], 0);
}

TEST_F(EdgeTest, AttachesWhenSctpdIsThere) {
  sctpd_->Stop();
  Start();
  Settle();
  EXPECT_EQ(near_app_.ups, 0);
  sctpd_->Start();
  EXPECT_TRUE(UntilUp());
}

TEST_F(EdgeTest, ComesBackAfterSctpdDied) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  sctpd_->Stop();
  ASSERT_TRUE(Until([&] { return near_app_.up == nullptr && far_app_.up == nullptr; }));
  EXPECT_FALSE(near_app_.ends.back().second);  // not clean
  EXPECT_EQ(near_app_.resets, 1);
  sctpd_->Start();
  TimePoint begin = Now();
  ASSERT_TRUE(UntilUp());
  EXPECT_LT(Now() - begin, std::chrono::seconds(3));
  EXPECT_TRUE(Exchange("two"));
  EXPECT_EQ(near_counters_[kChannelsTruncated].value(), 1u);
}

TEST_F(EdgeTest, ComesBackAfterTheAssociationEnded) {
  Start();
  ASSERT_TRUE(UntilUp());
  sctpd_->DropAssociation();
  ASSERT_TRUE(Until([&] { return near_app_.ends.size() == 1; }));
  EXPECT_FALSE(near_app_.ends.back().second);
  EXPECT_TRUE(UntilUp());
}

TEST_F(EdgeTest, ARefusalPausesAndIsShown) {
  sctpd_->refuse = wire::RefusedBody{.code = wire::RefusalCode::kRefused, .text = "refused"};
  Start();
  ASSERT_TRUE(Until([&] { return sctpd_->opens >= 2; }));
  EXPECT_EQ(near_app_.unavailable, "refused: refused");
  EXPECT_EQ(sctpd_->attaches, 1);  // the same link opens again
  ASSERT_FALSE(sctpd_->notes.empty());
  bool noted = false;
  for (auto& note : sctpd_->notes) noted |= note.state == ipc::NoteState::kRefused;
  EXPECT_TRUE(noted);
  sctpd_->refuse.reset();
  EXPECT_TRUE(UntilUp());
}

TEST_F(EdgeTest, AnAuthenticatedRefusalGivesItsReason) {
  wire::RefusedBody refused{.code = wire::RefusalCode::kRefused, .text = "refused"};
  refused.opened.token = {1};
  refused.verdict = {2};
  sctpd_->refuse = refused;
  authd_->refused_answer = ipc::Failed{0, ipc::FailureCode::kRefused, "not on the list", true};
  Start();
  ASSERT_TRUE(Until([&] { return near_app_.unavailable == "refused: not on the list"; }));
  Settle();
  EXPECT_TRUE(sctpd_->notes.back().authenticated);
  EXPECT_EQ(near_counters_[kChannelsRefused].value(), 1u);
}

TEST_F(EdgeTest, ALocalFailurePausesWithoutOpening) {
  authd_->fail_with = ipc::Failed{0, ipc::FailureCode::kLocal, "no key for dns/near@R", false};
  Start();
  ASSERT_TRUE(Until([&] { return authd_->seen[ipc::MessageType::kInitiate] >= 3; }));
  EXPECT_EQ(sctpd_->opens, 0);
  EXPECT_EQ(near_app_.unavailable, "no key for dns/near@R");
  authd_->fail_with.reset();
  EXPECT_TRUE(UntilUp());
}

TEST_F(EdgeTest, AnnouncesItsChannelsWhenAuthdStartsAnew) {
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
  // The contexts are the first that authd gave: Opening had number 1.
  for (std::uint64_t context = 1; context <= 3; ++context)
    authd_->SendToAll(ipc::Revoked{context, "the rule has gone"});
  ASSERT_TRUE(Until([&] { return !near_app_.ends.empty() && !far_app_.ends.empty(); }));
  EXPECT_EQ(near_app_.ends[0].first, wire::EndCode::kRevoked);
  EXPECT_TRUE(near_app_.ends[0].second);
  EXPECT_TRUE(far_app_.ends[0].second);
}

TEST_F(EdgeTest, StopSaysFarewellAndThenIsDone) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  near_->Stop();
  EXPECT_TRUE(near_app_.told_to_stop);
  ASSERT_TRUE(Until([&] { return stopped_ == 1; }));
  ASSERT_TRUE(Until([&] { return !far_app_.ends.empty(); }));
  EXPECT_EQ(far_app_.ends[0].first, wire::EndCode::kShutdown);
  EXPECT_TRUE(far_app_.ends[0].second);
  EXPECT_EQ(sctpd_->from_near.back(), wire::FrameType::kClosed);
}

TEST_F(EdgeTest, TheFarSideStopsAndTheNearOneComesBack) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  far_->Stop();
  ASSERT_TRUE(Until([&] { return stopped_ == 1 && !near_app_.ends.empty(); }));
  EXPECT_TRUE(near_app_.ends[0].second);
  far_ = std::make_unique<Edge>(*loop_, Setup(config::Role::kConnect), far_app_, far_counters_);
  ASSERT_TRUE(far_->StartConnecting(ListenAt(folder_ + "/dns.sock")));
  EXPECT_TRUE(UntilUp());
  EXPECT_TRUE(Exchange("again"));
}

TEST_F(EdgeTest, StopWithoutAChannelIsDoneAtOnce) {
  sctpd_->link_up = false;
  Start();
  Settle();
  near_->Stop();
  EXPECT_TRUE(Until([&] { return stopped_ == 1; }));
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
  // The old epoch's contexts were given back, one of each side.
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

TEST_F(EdgeTest, KeepsSeveralChannels) {
  auto setup = Setup(config::Role::kListen);
  setup.service.channels = 3;
  near_ = std::make_unique<Edge>(*loop_, std::move(setup), near_app_, near_counters_);
  Start();
  EXPECT_TRUE(Until([&] { return near_->channel_count() == 3 && far_->channel_count() == 3; }));
}

TEST_F(EdgeTest, ReloadTellsTheApplicationWhatItMayChange) {
  Start();
  auto changed = Service(config::Role::kListen);
  changed.idle_timeout = std::chrono::seconds(7);
  near_->Reload(changed);
  EXPECT_EQ(near_app_.idle, std::chrono::seconds(7));
  changed.role = config::Role::kConnect;
  changed.idle_timeout = std::chrono::seconds(8);
  near_->Reload(changed);
  EXPECT_EQ(near_app_.idle, std::chrono::seconds(7));
}

TEST_F(EdgeTest, RejectedBySctpdPauses) {
  sctpd_->reject = "no such service";
  Start();
  ASSERT_TRUE(Until([&] { return sctpd_->attaches >= 2; }));
  EXPECT_NE(near_app_.unavailable.find("no such service"), std::string::npos);
}

}  // namespace
}  // namespace funnel::service
