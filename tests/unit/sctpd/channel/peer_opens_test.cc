// PeerOpens alone; accept_test.cc and relay_test.cc have peers' OPENs in a whole node.
#include "funnel-sctpd/channel/peer_opens.h"

#include "tests/unit/sctpd/channel/opens_harness.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

// One of those that the peer opens: we open the odd ones.
constexpr std::uint16_t kStream = 66;

class PeerOpensTest : public OpenParts {
 protected:
  PeerOpensTest() {
    shared.config.services = {MakeService("dns", config::Role::kListen, "b"),
                              MakeService("web", config::Role::kConnect, "")};
  }
  void Open(std::uint16_t stream = kStream, ChannelId id = kId) {
    opens.OnOpen(*association, StreamId(stream), id, AsBytes("open"));
  }
  [[nodiscard]] Channel* At(std::uint16_t stream) const {
    return association->streams.At(StreamId(stream));
  }
  [[nodiscard]] ipc::Accepted Verdict(const std::string& service = "web") const {
    ipc::Accepted verdict;
    verdict.request = authd.accepts.back().request;
    verdict.service = *ServiceName::Parse(service);
    verdict.claim = Secret(std::size_t{32});
    verdict.opened_body = {1, 2, 3};
    return verdict;
  }
};

TEST_F(PeerOpensTest, AuthdIsAskedBeforeAnythingElse) {
  Open();
  ASSERT_EQ(authd.accepts.size(), 1u);
  EXPECT_EQ(authd.accepts[0].peer, "b");
  Channel* channel = At(kStream);
  ASSERT_NE(channel, nullptr);
  EXPECT_EQ(channel->role, ChannelRole::kConnect);
  EXPECT_EQ(channel->link, nullptr);
  EXPECT_TRUE(services.links.empty());
  EXPECT_EQ(Count(kOpensReceived), 1u);
}

TEST_F(PeerOpensTest, StreamMustBeThere) {
  Open(0);
  Open(128);
  EXPECT_EQ(Count(kDropStream), 2u);
  EXPECT_TRUE(associations.sent.empty());
  EXPECT_TRUE(authd.accepts.empty());
}

TEST_F(PeerOpensTest, RepeatedOpenIsNotRefused) {
  Open();
  Open();
  EXPECT_EQ(Count(kDropState), 1u);
  EXPECT_EQ(authd.accepts.size(), 1u);
  EXPECT_TRUE(associations.sent.empty()) << "it would be taken for the channel's";
  EXPECT_EQ(At(kStream)->stats.frames_dropped, 1u);
}

TEST_F(PeerOpensTest, OurStreamsAreNotThePeersToOpen) {
  Open(65);
  EXPECT_EQ(Count(kOpensWrongParity), 1u);
  EXPECT_EQ(associations.sent, std::vector{FrameType::kRefused});
  EXPECT_EQ(At(65), nullptr);
}

TEST_F(PeerOpensTest, StreamInUseIsBusy) {
  Open();
  Open(kStream, ChannelId(8));
  EXPECT_EQ(Count(kOpensBusy), 1u);
  EXPECT_EQ(associations.sent, std::vector{FrameType::kRefused});
  EXPECT_EQ(At(kStream)->id, kId);
}

TEST_F(PeerOpensTest, NoMoreThanTheLimitWaitForAuthd) {
  shared.config.node.sctp.half_open_per_association = 1;
  Open(66);
  Open(68);
  EXPECT_EQ(Count(kOpensBusy), 1u);
  EXPECT_EQ(authd.accepts.size(), 1u);
  EXPECT_EQ(At(68), nullptr);
}

TEST_F(PeerOpensTest, OfTwoOpensOfAPinnedStreamTheLowerNodesWins) {
  Channel& ours = Holder(ChannelRole::kListen, 5, ChannelId(1));
  Open(5);
  EXPECT_EQ(Count(kOpensBusy), 1u) << "ours is the lower node";
  EXPECT_EQ(At(5), &ours);
}

TEST_F(PeerOpensTest, HigherNodeYieldsAPinnedStreamThatIsNotOpenedYet) {
  association->streams = StreamMap(128, Parity::kEven);
  Channel& ours = Holder(ChannelRole::kListen, 5, ChannelId(1));
  Open(5);
  EXPECT_EQ(ours.stream(), nullptr);
  EXPECT_EQ(ours.association(), association.get()) << "its edge may open again";
  EXPECT_EQ(OutputOf(ours), std::vector{FrameType::kRefused});
  ASSERT_NE(At(5), nullptr);
  EXPECT_EQ(At(5)->role, ChannelRole::kConnect);
  EXPECT_EQ(authd.accepts.size(), 1u);

  // A channel that carries data is kept.
  Channel& opened = Holder(ChannelRole::kListen, 6, ChannelId(2));
  opened.stream()->opened = true;
  opened.SetState(ChannelState::kOpen, "");
  Open(6);
  EXPECT_EQ(At(6), &opened);
  EXPECT_EQ(Count(kOpensBusy), 1u);
}

TEST_F(PeerOpensTest, AcceptedOneGetsAnEdgeAndThePeerOpened) {
  Open();
  opens.OnAccepted(Verdict());
  Channel& channel = *At(kStream);
  EXPECT_EQ(services.links.size(), 1u);
  EXPECT_EQ(services.budget, engine.MaxUnfragmented(association->id()));
  EXPECT_EQ(associations.sent, std::vector{FrameType::kOpened});
  EXPECT_EQ(channel.state(), ChannelState::kOpen);
  EXPECT_EQ(channel.service, "web");
  EXPECT_EQ(channels.NextTimer(), now + 15s) << "the edge has to adopt it";
  EXPECT_EQ(Count(kAccepted), 1u);
  EXPECT_EQ(authd.dropped_claims, 0);
  links.Take(channel).reset();
}

TEST_F(PeerOpensTest, WhatIsNotServedHereIsRefused) {
  for (const char* service : {"dns", "nothing"}) {
    Open();
    opens.OnAccepted(Verdict(service));
    EXPECT_EQ(At(kStream), nullptr);
    EXPECT_EQ(refusals.kept().back().text, "no service of that name is served here");
  }
  shared.config.services[1].peer = "c";
  Open();
  opens.OnAccepted(Verdict());
  EXPECT_EQ(refusals.kept().back().text, "the service is not for this peer");
  EXPECT_EQ(refusals.kept().back().code, static_cast<std::uint16_t>(wire::RefusalCode::kNoRoute));
  EXPECT_EQ(authd.dropped_claims, 3);
  EXPECT_EQ(Count(kAdoptFailed), 3u);
  EXPECT_EQ(associations.sent, std::vector(3, FrameType::kRefused));
  EXPECT_TRUE(services.links.empty());
}

TEST_F(PeerOpensTest, EdgeThatIsAwayRefuses) {
  services.away = true;
  Open();
  opens.OnAccepted(Verdict());
  EXPECT_EQ(refusals.kept().back().text, "nobody listens");
  EXPECT_EQ(authd.dropped_claims, 1);
  EXPECT_EQ(At(kStream), nullptr);
  EXPECT_EQ(Count(kLinks), 0u);
}

TEST_F(PeerOpensTest, VerdictThatNobodyWaitsForDropsItsClaim) {
  ipc::Accepted verdict;
  verdict.request = 99;
  verdict.claim = Secret(std::size_t{32});
  opens.OnAccepted(verdict);
  EXPECT_EQ(authd.dropped_claims, 1);
  EXPECT_EQ(Count(kClaimsDropped), 1u);
  opens.OnAcceptRefused({.request = 99});
  EXPECT_TRUE(associations.sent.empty());
}

TEST_F(PeerOpensTest, RefusedByAuthdGoesToThePeerAndIsKept) {
  Open();
  opens.OnAcceptRefused({.request = authd.accepts.back().request,
                         .code = static_cast<std::uint16_t>(wire::RefusalCode::kRefused),
                         .service = "we\nb",
                         .text = "not\nallowed"});
  EXPECT_EQ(associations.sent, std::vector{FrameType::kRefused});
  EXPECT_EQ(At(kStream), nullptr);
  ASSERT_EQ(refusals.kept().size(), 1u);
  EXPECT_EQ(refusals.kept()[0].direction, Refusal::Direction::kOut);
  EXPECT_EQ(refusals.kept()[0].text.find('\n'), std::string::npos);
  EXPECT_EQ(refusals.kept()[0].service.find('\n'), std::string::npos);
}

TEST_F(PeerOpensTest, NoVerdictInTimeIsBusy) {
  Open();
  const ipc::Accepted late = Verdict();
  opens.OnTimeout(*At(kStream));
  EXPECT_EQ(associations.sent, std::vector{FrameType::kRefused});
  EXPECT_EQ(pending.size(), 0u);
  EXPECT_EQ(At(kStream), nullptr);
  opens.OnAccepted(late);
  EXPECT_EQ(authd.dropped_claims, 1);
}

}  // namespace
}  // namespace funnel::sctpd
