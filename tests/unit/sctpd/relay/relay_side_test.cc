// RelaySide alone; relay_test.cc and relay_queue_test.cc have relayed channels in a whole node.
#include "funnel-sctpd/relay/relay_side.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

constexpr std::size_t kQueue = 10'000;

class RelaySideTest : public ChannelParts {
 protected:
  // Two channels that are joined: one with the peer that opened it, one with the next hop.
  struct Joined {
    Channel& in;
    Channel& out;
  };

  RelaySideTest() : association(MakeUp()) {
    config::ServiceConfig service = MakeService("dns", config::Role::kRelay, "");
    service.relay_from = {"b"};
    service.relay_to = "c";
    shared.config.services = {service};
    shared.config.node.sctp.channel_queue_bytes = kQueue;
    shared.config.node.sctp.relay_queue_bytes = 10 * kQueue;
  }
  ~RelaySideTest() override { channels.Clear(); }

  Joined Join(const std::string& service = "dns", const std::string& from = "b") {
    auto [before, after] = RelayEnd::CreatePair(turn, *this, kQueue / 2);
    Channel& in = channels.Add(ChannelRole::kConnect, service, from, relay_side);
    Channel& out = channels.Add(ChannelRole::kListen, service, "c", relay_side);
    in.relay.emplace("c", nonces.Add({}));
    out.relay.emplace(from, nonces.Add({}));
    in.TakeStream(*association, StreamId(next_stream_), ChannelId(next_stream_));
    out.TakeStream(*association, StreamId(next_stream_ + 1), ChannelId(next_stream_));
    next_stream_ += 2;
    links.Set(in, std::move(before));
    links.Set(out, std::move(after));
    pending.AwaitNextHop(in);
    out.SetState(ChannelState::kOpening, "");
    return {in, out};
  }
  // They are joined, and the next hop has answered OPENED.
  Joined JoinOpened(const std::string& service = "dns", const std::string& from = "b") {
    const Joined joined = Join(service, from);
    EXPECT_TRUE(Answer(joined.in, FrameType::kOpened));
    return joined;
  }
  // The next hop's answer comes from IN's link.
  bool Answer(Channel& in, FrameType type) {
    return relay_side.OnAnswer(in, type, wire::MakeFrame({.type = type, .channel = in.id}, {}));
  }
  std::uint64_t Count(Counter counter) { return counters[counter].value(); }

  std::unique_ptr<Association> association;
  PassingNonces nonces;
  RelayTurn turn{[this] { return now; }, [] {}};
  RelaySide relay_side{{shared, associations, channels, links, pending, ends, turn}};

 private:
  std::uint16_t next_stream_ = 1;
};

TEST_F(RelaySideTest, OpenedGoesBackOnce) {
  auto [in, out] = Join();
  EXPECT_TRUE(Answer(in, FrameType::kOpened));
  EXPECT_EQ(associations.sent, std::vector{FrameType::kOpened});
  EXPECT_EQ(in.state(), ChannelState::kOpen);
  EXPECT_TRUE(in.stream()->opened);
  EXPECT_EQ(pending.size(), 0u);
  EXPECT_EQ(Count(kRelaysOpened), 1u);
  EXPECT_FALSE(Answer(in, FrameType::kOpened)) << "nobody waits for it";
  EXPECT_EQ(associations.sent.size(), 1u);
}

TEST_F(RelaySideTest, OpenedForOneWhoGaveUpHasNoBusinessThere) {
  auto [in, out] = Join();
  in.stream()->closed_received = true;
  EXPECT_FALSE(Answer(in, FrameType::kOpened));
  EXPECT_TRUE(associations.sent.empty());
}

TEST_F(RelaySideTest, RefusedGoesBackAndFreesTheStream) {
  auto [in, out] = Join();
  EXPECT_FALSE(Answer(out, FrameType::kRefused)) << "the one that asks gets answers, not this one";
  const StreamId stream = in.stream()->id;
  EXPECT_TRUE(Answer(in, FrameType::kRefused));
  EXPECT_EQ(associations.sent, std::vector{FrameType::kRefused});
  EXPECT_TRUE(in.ending);
  EXPECT_EQ(association->streams.At(stream), nullptr);
  EXPECT_EQ(Count(kRelaysRefused), 1u);
}

TEST_F(RelaySideTest, RefusedForOneWhoGaveUpIsClosed) {
  auto [in, out] = Join();
  in.stream()->closed_received = true;
  EXPECT_TRUE(Answer(in, FrameType::kRefused));
  EXPECT_EQ(associations.sent, std::vector{FrameType::kClosed});
  EXPECT_TRUE(in.ending);
  EXPECT_EQ(Count(kRelaysRefused), 0u);
}

TEST_F(RelaySideTest, OtherEndsReasonIsPassedOn) {
  auto [in, out] = JoinOpened();
  ends.End(out, ipc::LinkEndCode::kPeerDown, "the next hop has gone");
  relay_side.OnLinkClosed(in);
  EXPECT_EQ(in.reason, "the next hop has gone");
  EXPECT_EQ(in.link, nullptr);

  auto [second_in, second_out] = JoinOpened();
  links.Take(second_out).reset();
  relay_side.OnLinkClosed(second_in);
  EXPECT_EQ(second_in.reason, "the way on is gone");
}

TEST_F(RelaySideTest, AdministratorClosesAllOfAService) {
  auto [in, out] = JoinOpened();
  auto [other_in, other_out] = JoinOpened("ldap");
  EXPECT_EQ(relay_side.Close("dns", std::nullopt), 1u) << "both sides are one";
  EXPECT_EQ(in.link, nullptr);
  EXPECT_EQ(out.link, nullptr);
  EXPECT_EQ(out.reason, "closed by an administrator");
  EXPECT_NE(other_in.link, nullptr);
  EXPECT_NE(other_out.link, nullptr);
  EXPECT_EQ(relay_side.Close("dns", std::nullopt), 0u) << "they are closing already";
  EXPECT_EQ(relay_side.Close("nothing", std::nullopt), 0u);
}

TEST_F(RelaySideTest, AdministratorClosesOneByTheNumberOfEitherSide) {
  for (bool by_in : {true, false}) {
    auto [in, out] = JoinOpened();
    auto [kept_in, kept_out] = JoinOpened();
    EXPECT_EQ(relay_side.Close("dns", by_in ? in.number : out.number), 1u);
    EXPECT_EQ(in.link, nullptr);
    EXPECT_EQ(out.link, nullptr);
    EXPECT_NE(kept_in.link, nullptr);
    EXPECT_NE(kept_out.link, nullptr);
    EXPECT_EQ(relay_side.Close("ldap", kept_in.number), 0u) << "it is another service's";
    EXPECT_EQ(relay_side.Close("dns", 9999), 0u);
  }
}

TEST_F(RelaySideTest, ClosingOneThatIsNotOpenedYetRefusesIt) {
  auto [in, out] = Join();
  EXPECT_EQ(relay_side.Close("dns", in.number), 1u);
  EXPECT_TRUE(in.ending);
  ASSERT_FALSE(associations.sent.empty());
  EXPECT_EQ(associations.sent[0], FrameType::kRefused);
}

TEST_F(RelaySideTest, EdgesChannelsAreNotTheRelays) {
  Channel& edge = Add(ChannelRole::kListen);
  Link(edge);
  EXPECT_EQ(relay_side.Close("dns", std::nullopt), 0u);
  EXPECT_NE(edge.link, nullptr);
}

TEST_F(RelaySideTest, ChannelWithTooMuchWaitingIsClosedAtBothSides) {
  auto [in, out] = JoinOpened();
  const Bytes frame(1000);
  while (in.link->pending_bytes() + RelayEnd::CostOf(frame.size()) <= kQueue)
    in.link->Append(frame);
  relay_side.OnQueued(in);
  ASSERT_NE(in.link, nullptr) << "that much may wait";
  in.link->Append(frame);
  relay_side.OnQueued(in);
  EXPECT_EQ(in.link, nullptr);
  EXPECT_EQ(out.link, nullptr);
  EXPECT_EQ(in.reason, "its next hop, c, is too slow");
  EXPECT_EQ(Count(kChannelOverflows), 1u);
  EXPECT_EQ(turn.queued_bytes(), 0u);
}

TEST_F(RelaySideTest, WhoHasMostWaitingGoesWhenAllTogetherHaveTooMuch) {
  auto [greedy, greedy_out] = JoinOpened("dns", "b");
  auto [modest, modest_out] = JoinOpened("dns", "d");
  auto [last, last_out] = JoinOpened("dns", "e");
  shared.config.node.sctp.relay_queue_bytes = 4 * RelayEnd::CostOf(1000);
  const Bytes frame(1000);
  for (int i = 0; i < 3; ++i) greedy.link->Append(frame);
  modest.link->Append(frame);
  relay_side.OnQueued(modest);
  ASSERT_NE(greedy.link, nullptr) << "that much may wait";
  last.link->Append(frame);
  relay_side.OnQueued(last);
  EXPECT_EQ(greedy.link, nullptr);
  EXPECT_EQ(greedy_out.link, nullptr);
  EXPECT_NE(modest.link, nullptr);
  EXPECT_NE(last.link, nullptr) << "the one that came last is not to blame";
}

TEST_F(RelaySideTest, BothSidesAreConfiguredAsTheServiceSays) {
  auto [in, out] = Join();
  EXPECT_TRUE(relay_side.IsConfigured(in));
  EXPECT_TRUE(relay_side.IsConfigured(out));
  config::ServiceConfig& service = shared.config.services[0];
  service.relay_from = {"x"};
  EXPECT_FALSE(relay_side.IsConfigured(in));
  EXPECT_TRUE(relay_side.IsConfigured(out)) << "it goes with its twin";
  service.relay_from = {"b"};
  service.relay_to = "x";
  EXPECT_FALSE(relay_side.IsConfigured(in));
  EXPECT_FALSE(relay_side.IsConfigured(out));
  service.relay_to = "c";
  service.role = config::Role::kListen;
  EXPECT_FALSE(relay_side.IsConfigured(in));
  shared.config.services.clear();
  EXPECT_FALSE(relay_side.IsConfigured(out));
}

TEST_F(RelaySideTest, OnlyTcpHidesConnections) {
  auto [in, out] = Join();
  EXPECT_FALSE(relay_side.HidesConnections(in));
  shared.config.services[0].protocol = config::Protocol::kTcp;
  EXPECT_TRUE(relay_side.HidesConnections(in));
  in.FreeStream();
  EXPECT_FALSE(relay_side.HidesConnections(in));
  EXPECT_EQ(relay_side.no_answer(), "the next hop does not answer");
  EXPECT_EQ(relay_side.RoleText(in), "relay");
}

}  // namespace
}  // namespace funnel::sctpd
