// The two ends of an established @peer channel, without authds around them.
#include "funnel-authd/peer/peer_channel.h"

#include <gtest/gtest.h>

#include <deque>

#include "funnel-authd/agreement.h"
#include "tests/unit/authd/test_node.h"

namespace funnel::authd {
namespace {

constexpr std::uint16_t kAes256Sha1 = 18;

class PeerChannelTest : public testing::Test {
 protected:
  struct End {
    std::unique_ptr<PeerChannel> channel;
    std::deque<Bytes> sent;
    std::optional<Epoch> due;
    std::deque<std::pair<Epoch, Bytes>> tokens;
  };

  // The result of one handshake; FILL makes each different. Rekeys are due after 4/5 of LIFE.
  static Established Keys(std::uint8_t fill, Duration life) {
    Established keys;
    keys.enctype = kAes256Sha1;
    keys.key = Secret(ByteView(Bytes(32, fill)));
    keys.exporter = Secret(ByteView(Bytes(32, fill)));
    keys.expires = BootTime{BootNow().since_boot + life};
    keys.confirm = Bytes(32, fill);
    return keys;
  }
  void Open(End& end, wire::Role role) {
    PeerChannel::Callbacks callbacks;
    callbacks.send = [&end](Bytes frame) { end.sent.push_back(std::move(frame)); };
    callbacks.on_hello = [](const wire::HelloBody&) {};
    callbacks.on_rekey_due = [&end](Epoch next) { end.due = next; };
    callbacks.on_rekey_token = [&end](Epoch next, Bytes token) {
      end.tokens.emplace_back(next, std::move(token));
    };
    callbacks.on_ended = [](const std::string& text) { ADD_FAILURE() << text; };
    end.channel = *PeerChannel::Create(*loop_, {.role = role, .id = ChannelId(1)},
                                       Keys(1, std::chrono::seconds(1)),
                                       {.node = "node", .instance = 1}, std::move(callbacks));
  }
  template <typename Condition>
  bool RunUntil(Condition&& condition) {
    return test::RunUntil(*loop_, [&] {
      Carry(initiator_, acceptor_);
      Carry(acceptor_, initiator_);
      return condition();
    });
  }
  static void Carry(End& from, End& to) {
    while (!from.sent.empty()) {
      Bytes frame = std::move(from.sent.front());
      from.sent.pop_front();
      to.channel->OnFrame(frame);
    }
  }

  std::unique_ptr<event::Loop> loop_ = event::Loop::Create().value();
  End initiator_, acceptor_;
};

// The acceptor cannot know whether the initiator could use its answer. So the next try is bound to
// what both have in use.
TEST_F(PeerChannelTest, ARekeyThatTheInitiatorCouldNotCompleteBindsTheNextOneToTheSameEpoch) {
  Open(initiator_, wire::Role::kInitiator);
  Open(acceptor_, wire::Role::kAcceptor);
  ASSERT_TRUE(RunUntil([this] { return initiator_.due.has_value(); }));
  const Epoch next = *initiator_.due;
  const Secret bound = initiator_.channel->ExporterBefore(next);
  ASSERT_FALSE(bound.view().empty());
  initiator_.channel->StartRekey(AsBytes("token"));
  ASSERT_TRUE(RunUntil([this] { return !acceptor_.tokens.empty(); }));
  EXPECT_EQ(acceptor_.tokens.front().first, next);
  EXPECT_TRUE(std::ranges::equal(acceptor_.channel->ExporterBefore(next).view(), bound.view()));
  acceptor_.channel->AnswerRekey(AsBytes("answer"), Keys(2, std::chrono::hours(1)));
  ASSERT_TRUE(RunUntil([this] { return !initiator_.tokens.empty(); }));
  initiator_.channel->RekeyFailed();
  EXPECT_TRUE(std::ranges::equal(acceptor_.channel->ExporterBefore(next).view(),
                                 initiator_.channel->ExporterBefore(next).view()));
  EXPECT_LE(acceptor_.channel->expires().since_boot, BootNow().since_boot + std::chrono::seconds(1))
      << "the new context is not in use";
}

TEST_F(PeerChannelTest, ACompletedRekeyBindsTheNextOneToItsOwnEpoch) {
  Open(initiator_, wire::Role::kInitiator);
  Open(acceptor_, wire::Role::kAcceptor);
  for (std::uint8_t round = 1; round <= 2; ++round) {
    initiator_.due.reset();
    ASSERT_TRUE(RunUntil([this] { return initiator_.due.has_value(); }));
    EXPECT_EQ(*initiator_.due, Epoch(round));
    initiator_.channel->StartRekey(AsBytes("token"));
    ASSERT_TRUE(RunUntil([&] { return acceptor_.tokens.size() == round; }));
    EXPECT_TRUE(std::ranges::equal(acceptor_.channel->ExporterBefore(Epoch(round)).view(),
                                   initiator_.channel->ExporterBefore(Epoch(round)).view()));
    const auto fill = static_cast<std::uint8_t>(round + 1);
    acceptor_.channel->AnswerRekey(AsBytes("answer"), Keys(fill, std::chrono::seconds(1)));
    ASSERT_TRUE(RunUntil([&] { return initiator_.tokens.size() == round; }));
    initiator_.channel->InstallEpoch(Keys(fill, std::chrono::seconds(1)));
  }
}

}  // namespace
}  // namespace funnel::authd
