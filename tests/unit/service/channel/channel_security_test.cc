// The context of one channel at authd, without the channel: the test records what it asks for and
// what it is told.
#include "common/service/channel/channel_security.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/service/channel/channel_tracer.h"
#include "common/service/channel/linger.h"
#include "tests/unit/service/two_edges.h"

namespace funnel::service {
namespace {

struct FakeChannel : ChannelSecurity::User {
  void StartRekey(ByteView token) override { started.emplace_back(token.begin(), token.end()); }
  void UseKeys(wire::EpochKeys keys, ByteView reply) override {
    EXPECT_NE(keys.cipher, nullptr);
    replies.emplace_back(reply.begin(), reply.end());
  }
  void OnRekeyFailed() override { ++failed; }
  void OnRevoked(const std::string& reason) override { revoked = reason; }

  std::vector<Bytes> started, replies;  // a reply each time keys are given
  int failed = 0;
  std::string revoked;
};

class ChannelSecurityTest : public TwoEdgesTest {
 protected:
  static inline const Bytes kAnswer{9, 9};  // FakeAuthd's answer to a rekey

  void SetUp() override {
    TwoEdgesTest::SetUp();
    client_.emplace(*loop_, folder_ + "/authd.sock",
                    AuthdClient::Callbacks{[](std::uint64_t, const std::string&) {}, [] {}});
    client_->Start();
    linger_.emplace(*loop_, [] {});
    trace_.emplace(*loop_, [] { return std::size_t{0}; }, trace::Trace::Callbacks{[] {}, [] {}});
    shared_.emplace(SharedState{.loop = *loop_,
                                .service = Service(config::Role::kListen),
                                .sctpd_user = {},
                                .sctpd_path = {},
                                .counters = near_counters_,
                                .rekey_retry = std::chrono::milliseconds(200),
                                .confirm_timeout = {},
                                .make_cipher = &seal::MakeFrameCipher,
                                .key_log = KeyLog(folder_ + "/keys.log", near_counters_),
                                .authd = *client_,
                                .linger = *linger_,
                                .buffer = buffer_,
                                .trace = *trace_});
  }
  void TearDown() override {
    security_.reset();
    shared_.reset();
    trace_.reset();
    linger_.reset();
    client_.reset();
    TwoEdgesTest::TearDown();
  }

  // A channel of ROLE, whose first context FakeAuthd has given.
  void Begin(wire::Role role) {
    std::optional<ipc::Context> first;
    const auto done = [&](AuthdClient::Answer answer) {
      first = std::move(std::get<ipc::Context>(answer));
    };
    if (role == wire::Role::kAcceptor)
      client_->Ask(ipc::Redeem{0, shared_->service.name, Secret(Bytes(32))}, done);
    else
      client_->Ask(ipc::Complete{}, done);
    ASSERT_TRUE(Until([&] { return first.has_value(); }));
    first_ = first->context;
    identity_.role = role;
    identity_.peer = "far";
    identity_.local_principal = first->local_principal;
    identity_.remote_principal = first->peer_principal;
    identity_.suite = first->suite;
    security_.emplace(*shared_, identity_, first_, std::move(first->exporter), channel_);
    exporter_ = Bytes(32, 0x42);  // FakeAuthd's, of epoch 0
  }
  void AskForRekey() {
    security_->OnRekeyDue(Epoch(1));
    ASSERT_TRUE(Until([&] { return !channel_.started.empty(); }));
  }
  void TakeToken(const Bytes& token) {
    const std::size_t before = channel_.replies.size() + channel_.failed;
    security_->OnRekeyToken(Epoch(1), token);
    ASSERT_TRUE(Until([&] { return channel_.replies.size() + channel_.failed > before; }));
  }
  [[nodiscard]] bool Released(std::uint64_t context) {
    return Until([&] { return std::ranges::count(authd_->released, context) == 1; });
  }
  [[nodiscard]] std::uint64_t Counted(Counter counter) { return near_counters_[counter].value(); }

  std::optional<AuthdClient> client_;
  ipc::ReadBuffer buffer_;
  std::optional<Linger> linger_;
  std::optional<trace::Trace> trace_;
  std::optional<SharedState> shared_;
  ChannelIdentity identity_;
  FakeChannel channel_;
  std::optional<ChannelSecurity> security_;
  std::uint64_t first_ = 0;
  Bytes exporter_;
};

TEST_F(ChannelSecurityTest, AnInitiatorAsksForATokenAndUsesTheKeysOfItsAnswer) {
  Begin(wire::Role::kInitiator);
  AskForRekey();
  EXPECT_EQ(channel_.started.front(), exporter_);  // bound to the epoch in use
  TakeToken(kAnswer);
  EXPECT_EQ(channel_.replies.size(), 1u);
  EXPECT_EQ(security_->context(), first_);  // until the new keys are in use
  security_->OnEpochInUse();
  EXPECT_NE(security_->context(), first_);
  EXPECT_TRUE(Released(first_));
  EXPECT_EQ(Counted(kRekeys), 1u);
}

TEST_F(ChannelSecurityTest, AnAcceptorAnswersWithAuthdsToken) {
  Begin(wire::Role::kAcceptor);
  TakeToken(exporter_);
  EXPECT_EQ(channel_.replies, std::vector<Bytes>{kAnswer});
  EXPECT_EQ(channel_.failed, 0);
}

TEST_F(ChannelSecurityTest, WhatWasAnsweredBeforeIsGivenBackAndWhatIsInUseIsNot) {
  Begin(wire::Role::kAcceptor);
  TakeToken(exporter_);
  TakeToken(exporter_);
  EXPECT_TRUE(Released(first_ + 1));
  EXPECT_EQ(std::ranges::count(authd_->released, first_), 0);
  EXPECT_EQ(security_->context(), first_);
}

TEST_F(ChannelSecurityTest, OneExchangeAtATime) {
  Begin(wire::Role::kInitiator);
  security_->OnRekeyDue(Epoch(1));
  security_->OnRekeyDue(Epoch(1));
  ASSERT_TRUE(Until([&] { return !channel_.started.empty(); }));
  Settle();
  EXPECT_EQ(authd_->seen[ipc::MessageType::kInitiate], 1);
}

TEST_F(ChannelSecurityTest, AFailureIsCountedAndTheHandshakeGivenUp) {
  Begin(wire::Role::kInitiator);
  AskForRekey();
  authd_->fail_completes = true;
  TakeToken(kAnswer);
  EXPECT_EQ(channel_.failed, 1);
  EXPECT_EQ(Counted(kRekeysFailed), 1u);
  EXPECT_EQ(security_->context(), first_);
}

TEST_F(ChannelSecurityTest, AContextOfOtherPrincipalsIsGivenBack) {
  Begin(wire::Role::kAcceptor);
  identity_.remote_principal = "dns/other@R";
  TakeToken(exporter_);
  EXPECT_EQ(channel_.failed, 1);
  EXPECT_TRUE(channel_.replies.empty());
  EXPECT_TRUE(Released(first_ + 1));
}

TEST_F(ChannelSecurityTest, AuthdHearsThatThePeerRefuses) {
  Begin(wire::Role::kInitiator);
  AskForRekey();
  security_->OnRekeyRefused();
  ASSERT_TRUE(Until([&] { return authd_->refused_bodies.size() == 1; }));
  EXPECT_EQ(Counted(kRekeysFailed), 1u);
  EXPECT_EQ(channel_.failed, 0);  // the wire protocol knows it already
}

TEST_F(ChannelSecurityTest, NothingIsUsedWhenTheChannelIsOver) {
  Begin(wire::Role::kAcceptor);
  security_->OnRekeyToken(Epoch(1), exporter_);
  security_->OnChannelOver();
  EXPECT_TRUE(Released(first_ + 1));
  EXPECT_TRUE(channel_.replies.empty());
  EXPECT_EQ(channel_.failed, 0);
  EXPECT_EQ(Counted(kRekeysFailed), 0u);
}

TEST_F(ChannelSecurityTest, AnAnnouncedContextHasANewNumber) {
  Begin(wire::Role::kInitiator);
  security_->Announce();
  EXPECT_EQ(security_->context(), 0u);
  ASSERT_TRUE(Until([&] { return security_->context() != 0; }));
  EXPECT_NE(security_->context(), first_);
}

TEST_F(ChannelSecurityTest, ARefusedAnnouncementIsARevocation) {
  Begin(wire::Role::kInitiator);
  authd_->announce_answer = ipc::Failed{0, ipc::FailureCode::kNotAllowed, "not any more", false};
  security_->Announce();
  ASSERT_TRUE(Until([&] { return !channel_.revoked.empty(); }));
  EXPECT_EQ(channel_.revoked, "not any more");
}

TEST_F(ChannelSecurityTest, WhatWaitsToBeUsedWhileAuthdRestartsIsAnnouncedWhenItIsUsed) {
  Begin(wire::Role::kAcceptor);
  TakeToken(exporter_);
  security_->Announce();
  ASSERT_TRUE(Until([&] { return security_->context() != 0; }));
  security_->OnEpochInUse();
  ASSERT_TRUE(Until([&] { return authd_->seen[ipc::MessageType::kAnnounce] == 2; }));
  EXPECT_TRUE(Until([&] { return security_->context() != 0; }));
}

TEST_F(ChannelSecurityTest, GivesBackAllThatAuthdKeeps) {
  Begin(wire::Role::kAcceptor);
  TakeToken(exporter_);
  security_.reset();
  EXPECT_TRUE(Released(first_));
  EXPECT_TRUE(Released(first_ + 1));
}

TEST_F(ChannelSecurityTest, AContextWithoutItsHashIsOfNoUse) {
  Begin(wire::Role::kInitiator);
  ipc::Context context;
  context.enctype = 18;
  context.key = Secret(Bytes(32, 1));
  context.confirm = Bytes(31);
  EXPECT_FALSE(security_->MakeKeys(Epoch(), context));
  context.confirm = Bytes(32);
  EXPECT_TRUE(security_->MakeKeys(Epoch(), context));
  EXPECT_EQ(security_->enctype(), 18);
}

}  // namespace
}  // namespace funnel::service
