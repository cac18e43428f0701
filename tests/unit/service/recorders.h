// What the tests of edges share: applications that record the calls that they get.
#pragma once

#include "tests/unit/service/two_edges.h"

namespace funnel::service {
// Records the calls that it gets; the far one echoes.
class Recorder final : public Application {
 public:
  void OnChannelUp(ChannelHandle& channel) override {
    up = &channel;
    ++ups;
  }
  void OnChannelChanged(ChannelHandle& channel) override {
    changes.emplace_back(channel.wire().state(), channel.wire().takes_sessions());
  }
  void OnChannelDown(ChannelHandle& channel, wire::EndCode code, bool clean) override {
    if (up == &channel) up = nullptr;
    ends.emplace_back(code, clean);
  }
  void OnUnavailable(const std::string& reason, TimePoint) override { unavailable = reason; }
  std::size_t OnMessage(ChannelHandle&, SessionId, ByteView bytes) override {
    if (!reads) return 0;
    messages.emplace_back(AsText(bytes));
    return bytes.size();
  }
  void OnSessionOpened(ChannelHandle&, SessionId, const wire::SessionInfo& info) override {
    clients.push_back(info.client);
  }
  void OnDatagram(ChannelHandle& channel, SessionId session, const Datagram& datagram) override {
    datagrams.emplace_back(AsText(datagram.bytes));
    if (channel.role() == wire::Role::kAcceptor)
      channel.wire().SendDatagram(session, datagram.bytes);
  }
  void OnSessionReset(ChannelHandle&, SessionId, wire::EndCode) override { ++resets; }
  void OnReload(const config::ServiceConfig& service) override { idle = service.idle_timeout; }
  void OnStop() override { stopped = true; }
  Result<ForwardId> AddForward(ForwardRequest request) override {
    if (!forwards) return Application::AddForward(std::move(request));
    forward = std::move(request);
    return kForward;
  }
  void EndForward(ForwardId id) override {
    if (id == kForward) forward.reset();
  }
  void VisitForwards(const std::function<void(const ForwardView&)>& visit) override {
    if (forward)
      visit({.id = kForward,
             .listen = "127.0.0.1:8080",
             .target = forward->target,
             .uid = forward->uid,
             .since = Now()});
  }
  [[nodiscard]] std::optional<TimePoint> IdleSince() const override { return idle_since; }

  static constexpr ForwardId kForward{7};

  ChannelHandle* up = nullptr;
  int ups = 0, resets = 0;
  bool stopped = false;
  bool reads = true;                    // messages
  std::optional<TimePoint> idle_since;  // nullopt: in use
  bool forwards = false;                // it takes one
  std::optional<ForwardRequest> forward;
  std::chrono::milliseconds idle{0};
  std::vector<std::pair<wire::EndCode, bool>> ends;
  std::vector<std::pair<wire::ChannelState, bool>> changes;
  std::vector<std::string> clients, datagrams, messages;
  std::string unavailable;
};

class EdgeTest : public TwoEdgesTest {
 protected:
  explicit EdgeTest(config::Protocol protocol = config::Protocol::kUdp) : protocol_(protocol) {}

  void SetUp() override {
    TwoEdgesTest::SetUp();
    auto setup = [this](config::Role role) {
      auto made = MakeSetup(role);
      made.service.protocol = protocol_;
      return made;
    };
    near_ = std::make_unique<Edge>(*loop_, setup(config::Role::kListen), near_app_, near_counters_);
    far_ = std::make_unique<Edge>(*loop_, setup(config::Role::kConnect), far_app_, far_counters_);
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
  // One datagram to the far side and back; for connections, some bytes to the far side.
  [[nodiscard]] bool Exchange(const std::string& text) {
    wire::Channel& wire = near_app_.up->wire();
    auto session = wire.OpenSession({"192.0.2.1:1", "192.0.2.2:53"});
    if (!session) return false;
    const bool udp = protocol_ == config::Protocol::kUdp;
    if (udp) {
      wire.SendDatagram(*session, AsBytes(text));
    } else if (wire.SendBytes(*session, AsBytes(text)) != text.size()) {
      return false;
    }
    near_app_.up->RequestFlush();
    const auto& arrived = udp ? near_app_.datagrams : far_app_.messages;
    return Until([&] { return !arrived.empty() && arrived.back() == text; });
  }

  config::Protocol protocol_;
  Recorder near_app_, far_app_;
  std::unique_ptr<Edge> near_, far_;
};

}  // namespace funnel::service
