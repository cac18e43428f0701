// Two whole edges over real channels: only the link between the daemons is invented.
#include <gtest/gtest.h>

#include <deque>

#include "common/service/counters.h"
#include "funnel-tcpd/tcp_edge.h"
#include "tests/unit/tcpd/loop_fixture.h"
#include "tests/unit/wire/toy_cipher.h"

namespace funnel::tcpd {
namespace {

wire::EpochKeys ToyKeys(wire::Role role) {
  const BootTime expires{BootNow().since_boot + std::chrono::hours(1)};
  return {std::make_unique<wire::testing::ToyCipher>(7, role == wire::Role::kInitiator),
          Bytes(32, 7), expires};
}

// A channel's end that passes its frames directly to the other end, in the next turn.
class TestChannel final : public service::ChannelHandle,
                          private wire::ChannelObserver,
                          private wire::FrameSink {
 public:
  TestChannel(event::Loop& loop, wire::Role role, service::Application& application)
      : identity_{.role = role,
                  .peer = "other",
                  .local_principal = "other",
                  .remote_principal = "other",
                  .serial = 1},
        application_(application),
        hook_(loop.AddTurnHook([this] { Turn(); })),
        wire_(role, ChannelId(1), {}, ToyKeys(role), *this, Now(), BootNow()) {}

  void Up(TestChannel& peer) {
    peer_ = &peer;
    application_.OnChannelUp(*this);
    RequestFlush();
  }
  // The link is lost: nothing that is on its way arrives.
  void Lose() {
    arrived_.clear();
    lost_ = true;
    wire_.OnLinkClosed(/*abrupt=*/true, Now());
    RequestFlush();
  }
  [[nodiscard]] bool over() const { return over_; }

  wire::Channel& wire() override { return wire_; }
  void RequestFlush() override { hook_->Request(); }
  const service::ChannelIdentity& identity() const override { return identity_; }
  const std::optional<service::EndModule>& peer_module() const override { return peer_module_; }

 private:
  void Turn() {
    for (Bytes& frame : std::exchange(arrived_, {})) {
      if (!over_) wire_.OnSealed(frame, Now(), BootNow());
    }
    if (!over_ && wire_.Flush(*this, Now(), BootNow()) == wire::Flushed::kAgain) RequestFlush();
    if (ended_ && !std::exchange(over_, true)) application_.OnChannelDown(*this, code_, clean_);
  }
  MutableByteView Reserve(std::size_t size) override {
    reserved_.resize(size);
    return reserved_;
  }
  void Commit(std::size_t size) override {
    if (lost_) return;
    peer_->arrived_.emplace_back(reserved_.begin(),
                                 reserved_.begin() + static_cast<std::ptrdiff_t>(size));
    peer_->RequestFlush();
  }
  void OnConfirmed() override {}
  void OnSessionOpened(SessionId id, const wire::SessionInfo& info) override {
    application_.OnSessionOpened(*this, id, info);
  }
  void OnDatagram(SessionId, ByteView) override {}
  std::size_t OnMessage(SessionId id, ByteView bytes) override {
    RequestFlush();
    return application_.OnMessage(*this, id, bytes);
  }
  void OnFin(SessionId id) override { application_.OnFin(*this, id); }
  void OnSessionReset(SessionId id, wire::EndCode code) override {
    application_.OnSessionReset(*this, id, code);
  }
  void OnWritable(SessionId id) override { application_.OnWritable(*this, id); }
  void OnSessionsAvailable() override { application_.OnSessionsAvailable(*this); }
  void OnPong(std::uint64_t, Duration) override {}
  void OnRekeyDue(Epoch) override {}
  void OnRekeyToken(Epoch, ByteView) override {}
  void OnEnded(wire::EndCode code, const std::string&, bool clean) override {
    ended_ = true;
    code_ = code;
    clean_ = clean;
    RequestFlush();
  }

  const service::ChannelIdentity identity_;
  const std::optional<service::EndModule> peer_module_;
  service::Application& application_;
  TestChannel* peer_ = nullptr;
  std::unique_ptr<event::TurnHook> hook_;
  Bytes reserved_;
  std::deque<Bytes> arrived_;
  bool lost_ = false, ended_ = false, over_ = false, clean_ = false;
  wire::EndCode code_ = wire::EndCode::kNone;
  wire::Channel wire_;
};

class EdgeTest : public LoopTest {
 protected:
  EdgeTest() : counters_(metrics::CounterFile::InMemory(service::WholeTable(kCounters))) {
    UniqueFd listener = Listen("127.0.0.1");
    client_address_ = BoundAddress(listener.get());
    service_.name = *ServiceName::Parse("test");
    std::vector<event::ListenFds::Named> sockets;
    sockets.push_back({"listen", std::move(listener)});
    listening_ = MakeEdge(std::move(sockets));
    service_.role = config::Role::kConnect;
    service_.connect_address = {
        *config::Backend::Parse(BoundAddress(backend_listener_.get()).text())};
    connecting_ = MakeEdge({});
  }
  ~EdgeTest() override {
    // As the daemon does: channels end first.
    for (auto& channel : channels_) {
      if (!channel->over()) channel->Lose();
    }
    (void)loop_->RunOnce(Duration::zero());
    channels_.clear();
  }

  std::unique_ptr<service::Application> MakeEdge(std::vector<event::ListenFds::Named> sockets) {
    event::ListenFds listen_fds(std::move(sockets));
    service::EdgeEnvironment environment{*loop_, service_, configuration_, listen_fds, counters_};
    return *TcpEdge::Make(environment);
  }
  void BringUp() {
    auto a = std::make_unique<TestChannel>(*loop_, wire::Role::kInitiator, *listening_);
    auto b = std::make_unique<TestChannel>(*loop_, wire::Role::kAcceptor, *connecting_);
    b->Up(*a);
    a->Up(*b);
    channels_.push_back(std::move(a));
    channels_.push_back(std::move(b));
  }
  void LoseChannel() {
    for (auto& channel : channels_) channel->Lose();
  }
  [[nodiscard]] std::uint64_t Counted(CounterIndex index) {
    return counters_[std::size_t{service::kCommonCounters} + index].value();
  }

  config::Configuration configuration_;
  config::ServiceConfig service_;
  metrics::CounterFile counters_;
  std::unique_ptr<service::Application> listening_, connecting_;
  std::vector<std::unique_ptr<TestChannel>> channels_;
  Reader at_client_, at_backend_;
};

TEST_F(EdgeTest, ConnectionsWaitForTheChannelAndThenWork) {
  UniqueFd client = ConnectTo(client_address_);
  SendText(client, "sent before the channel");
  EXPECT_TRUE(Until([&] { return Counted(kSessionsWaiting) == 1; }));
  BringUp();
  UniqueFd backend = AcceptAtBackend();
  EXPECT_EQ(Counted(kSessionsWaiting), 0u);
  shutdown(client.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend, at_backend_, ReadState::kEnd));
  EXPECT_EQ(at_backend_.text, "sent before the channel");
}

TEST_F(EdgeTest, LostChannelResetsBothEndsAndTheNextOneServes) {
  BringUp();
  UniqueFd client = ConnectTo(client_address_), backend = AcceptAtBackend();
  SendText(backend, "half");
  EXPECT_TRUE(Until([&] {
    at_client_.Poll(client.get());
    return at_client_.text == "half";
  }));
  shutdown(backend.get(), SHUT_WR);
  LoseChannel();
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kReset));
  EXPECT_TRUE(Until([&] { return channels_[0]->over() && channels_[1]->over(); }));
  channels_.clear();
  BringUp();
  UniqueFd again = ConnectTo(client_address_), backend_again = AcceptAtBackend();
  SendText(backend_again, "served");
  backend_again.reset();
  Reader reader;
  EXPECT_TRUE(ReadsUntil(again, reader, ReadState::kEnd));
  EXPECT_EQ(reader.text, "served");
}

// They wait for connect-wait, unless no channel can be up by then.
TEST_F(EdgeTest, AFailedAttemptResetsOnlyWhoWouldNotBeServed) {
  UniqueFd client = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return Counted(kSessionsWaiting) == 1; }));
  listening_->OnUnavailable("refused", Now() + std::chrono::seconds(1));
  EXPECT_EQ(Counted(kSessionsWaiting), 1u);
  listening_->OnUnavailable("refused", Now() + std::chrono::seconds(5));
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kReset));
}

// It has the fewest connections, but takes none.
TEST_F(EdgeTest, AChannelThatIsClosingIsNotChosen) {
  BringUp();
  BringUp();
  channels_[0]->wire().OnLinkClosed(/*abrupt=*/false, Now());
  for (int i = 0; i < 3; ++i) {
    UniqueFd client = ConnectTo(client_address_), backend = AcceptAtBackend();
    ASSERT_TRUE(backend);
  }
  EXPECT_EQ(Counted(kSessionsNoNumber), 0u);
}

TEST_F(EdgeTest, StoppedEdgeAcceptsNothing) {
  listening_->OnStop();
  const UniqueFd client = ConnectTo(client_address_);
  EXPECT_FALSE(client);
}

TEST_F(EdgeTest, ReloadChangesTheLimitOfSessions) {
  BringUp();
  config::ServiceConfig changed = service_;
  changed.max_sessions = 0;
  listening_->OnReload(changed);
  UniqueFd client = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kReset));
  EXPECT_EQ(Counted(kSessionsOverLimit), 1u);
}

TEST_F(EdgeTest, SlowReaderLeavesOtherSessionsTheirCredit) {
  BringUp();
  UniqueFd slow = ConnectTo(client_address_), slow_backend = AcceptAtBackend();
  UniqueFd quick = ConnectTo(client_address_), quick_backend = AcceptAtBackend();
  std::string block(1 << 20, 's'), sent;
  TimePoint last_progress = Now();

  ASSERT_TRUE(Until([&] {
    const ssize_t size =
        send(slow_backend.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) {
      sent.append(block, 0, static_cast<std::size_t>(size));
      last_progress = Now();
    }
    return Now() - last_progress > std::chrono::milliseconds(100);
  }));

  SendText(quick_backend, "quick");
  EXPECT_TRUE(Until([&] {
    at_client_.Poll(quick.get());
    return at_client_.text == "quick";
  }));

  slow_backend.reset();
  Reader late;
  EXPECT_TRUE(ReadsUntil(slow, late, ReadState::kEnd));
  EXPECT_TRUE(late.text == sent);
}

}  // namespace
}  // namespace funnel::tcpd
