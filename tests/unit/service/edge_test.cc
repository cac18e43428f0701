#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "common/service/edge_reload.h"
#include "tests/unit/service/recorders.h"

namespace funnel::service {
namespace {

// A service that carries connections.
class EdgeStreamTest : public EdgeTest {
 protected:
  EdgeStreamTest() : EdgeTest(config::Protocol::kTcp) {}
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
  EXPECT_EQ(status_, "1 channel is up");
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

// The next attempt may begin in the turn in which the previous one failed: it keeps its own link.
TEST_F(EdgeTest, AnAttemptThatBeginsInTheTurnOfAFailureIsWhole) {
  sctpd_->swallow_open = true;
  Start();
  ASSERT_TRUE(Until([&] { return sctpd_->opens == 1; }));
  // Other sources keep the turn busy for longer than the pause, which is at most 20 ms.
  UniqueFd busy(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  int calls = 0;
  auto watch = *loop_->AddIo(busy.get(), EPOLLIN, [&](std::uint32_t) {
    if (++calls > 4) return;
    const TimePoint until = Now() + std::chrono::milliseconds(25);
    while (Now() < until) continue;
  });
  sctpd_->DropAssociation(ipc::LinkEndCode::kMoved);
  EXPECT_TRUE(Until([&] { return sctpd_->opens == 2; }));
  sctpd_->swallow_open = false;
  watch.reset();
  sctpd_->DropAssociation(ipc::LinkEndCode::kMoved);
  EXPECT_TRUE(UntilUp());
}

// A client that does not read its data keeps the channel that the far end has closed, but keeps
// nobody from a new one.
TEST_F(EdgeStreamTest, OpensANewChannelWhileOneDrains) {
  Start();
  ASSERT_TRUE(UntilUp());

  near_app_.reads = false;
  ChannelHandle* first = near_app_.up;
  auto session = *first->wire().OpenSession({"c", "l"});
  first->wire().SendFin(session);
  first->RequestFlush();
  ASSERT_TRUE(Until([&] { return !far_app_.clients.empty(); }));

  ASSERT_EQ(far_app_.up->wire().SendBytes(session, AsBytes("answer")), 6u);
  far_app_.up->wire().SendFin(session);
  far_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return first->wire().undelivered_bytes() == 6; }));

  far_->VisitChannels(
      [](EdgeChannel& channel) { channel.Close(wire::EndCode::kShutdown, "restarts"); });
  ASSERT_TRUE(Until([&] { return near_app_.ups == 2; }));
  EXPECT_TRUE(near_app_.ends.empty());
  EXPECT_TRUE(first->wire().is_draining());
  ASSERT_GE(near_app_.changes.size(), 2u);
  EXPECT_EQ(near_app_.changes[0], std::pair(wire::ChannelState::kOpen, true));
  EXPECT_EQ(near_app_.changes[1], std::pair(wire::ChannelState::kClosing, false));

  ASSERT_TRUE(Exchange("by the new one"));
  // Its stream is free, because CLOSED was sent at once.
  EXPECT_EQ(
      std::count(sctpd_->from_near.begin(), sctpd_->from_near.end(), wire::FrameType::kClosed), 1);

  near_app_.reads = true;
  first->wire().Resume(session);
  first->RequestFlush();
  ASSERT_TRUE(Until([&] { return near_app_.ends.size() == 1; }));
  EXPECT_TRUE(near_app_.ends[0].second);
  EXPECT_TRUE(Exchange("still"));
}

TEST_F(EdgeStreamTest, StopsThoughAChannelDrains) {
  Start();
  ASSERT_TRUE(UntilUp());
  near_app_.reads = false;
  auto session = *near_app_.up->wire().OpenSession({"c", "l"});
  near_app_.up->wire().SendFin(session);
  near_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return !far_app_.clients.empty(); }));
  ASSERT_EQ(far_app_.up->wire().SendBytes(session, AsBytes("answer")), 6u);
  far_app_.up->wire().SendFin(session);
  far_app_.up->RequestFlush();
  ASSERT_TRUE(Until([&] { return near_app_.up->wire().undelivered_bytes() == 6; }));
  far_->VisitChannels(
      [](EdgeChannel& channel) { channel.Close(wire::EndCode::kShutdown, "restarts"); });
  ASSERT_TRUE(Until([&] { return near_app_.ups == 2; }));
  near_->Stop();
  EXPECT_TRUE(Until([&] { return near_app_.ends.size() == 2 && stopped_ == 1; }));
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
  // Anybody on the path could have written that: clients continue to wait.
  EXPECT_EQ(near_app_.unavailable, "");
  EXPECT_EQ(sctpd_->attaches, 1);  // the same link opens again
  // The edge reports it to authd, which may doubt its ticket.
  EXPECT_GE(authd_->seen[ipc::MessageType::kCompleteRefused], 1);
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
  EXPECT_EQ(near_counters_[kChannelsRefused].value(), static_cast<unsigned>(sctpd_->opens));
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

TEST_F(EdgeTest, StopSaysFarewellAndThenIsDone) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("one"));
  near_->Stop();
  EXPECT_TRUE(near_app_.stopped);
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
  far_ = std::make_unique<Edge>(*loop_, MakeSetup(config::Role::kConnect), far_app_, far_counters_);
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

TEST_F(EdgeTest, KeepsSeveralChannels) {
  auto setup = MakeSetup(config::Role::kListen);
  setup.service.channels = 3;
  near_ = std::make_unique<Edge>(*loop_, std::move(setup), near_app_, near_counters_);
  Start();
  EXPECT_TRUE(Until([&] { return near_->channel_count() == 3 && far_->channel_count() == 3; }));
}

TEST_F(EdgeTest, ReloadPassesTheApplicationWhatItMayChange) {
  Start();
  auto changed = Service(config::Role::kListen);
  changed.idle_timeout = std::chrono::seconds(7);
  near_->Reload(changed);
  EXPECT_EQ(near_app_.idle, std::chrono::seconds(7));
  changed.role = config::Role::kConnect;
  changed.idle_timeout = std::chrono::seconds(8);
  EXPECT_EQ(KeepFixed(near_->service(), changed).size(), 1u);
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
