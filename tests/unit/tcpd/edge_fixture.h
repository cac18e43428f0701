// Two whole edges over real channels: only the link between the daemons is invented.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "common/service/counters.h"
#include "funnel-tcpd/tcp_edge.h"
#include "tests/unit/tcpd/loop_fixture.h"
#include "tests/unit/wire/toy_cipher.h"

namespace funnel::tcpd {

inline wire::EpochKeys ToyKeys(wire::Role role) {
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
        wire_(role, ChannelId(1), Settings(), ToyKeys(role), *this, Now(), BootNow()) {}

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
  static wire::ChannelSettings Settings() {
    wire::ChannelSettings settings;
    settings.features = wire::kConnectionFeatures;
    return settings;
  }
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
  void OnServing() override { application_.OnChannelChanged(*this); }
  void OnConfirmed() override { application_.OnChannelChanged(*this); }
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

}  // namespace funnel::tcpd
