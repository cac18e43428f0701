// A node in a test: fake SCTP, a scripted authd, real channel sockets, time that the test sets.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "funnel-sctpd/tables.h"
#include "tests/unit/sctpd/fake_engine.h"

namespace funnel::sctpd {

using namespace std::chrono_literals;

class FakeAuthd final : public AuthdInterface {
 public:
  bool connected() const override { return up; }
  void Send(const ipc::Accept& m) override {
    if (up) accepts.push_back(m);
  }
  void Send(const ipc::DropClaim&) override {
    if (up) ++dropped_claims;
  }
  void Send(const ipc::PeerStart& m) override {
    if (up) starts.push_back(m);
  }
  void Send(const ipc::PeerFrame& m) override {
    if (up) frames.push_back(m);
  }
  void Send(const ipc::PeerGone& m) override {
    if (up) gone.push_back(m.association);
  }

  bool up = true;
  std::vector<ipc::Accept> accepts;
  std::vector<ipc::PeerStart> starts;
  std::vector<ipc::PeerFrame> frames;
  std::vector<AssociationId> gone;
  int dropped_claims = 0;
};

class FakeResolver final : public ResolverInterface {
 public:
  void Resolve(std::vector<config::Endpoint> endpoints, Callback callback) override {
    ++questions;
    std::vector<ResolvedAddress> addresses = found;
    for (const auto& endpoint : endpoints)
      if (auto address = sctp::TransportAddress::Parse(endpoint.host, endpoint.port))
        addresses.push_back({.address = *address});
    waiting.push_back([callback = std::move(callback), addresses] {
      callback(addresses, addresses.empty() ? "no such name" : "");
    });
  }
  bool Answer() {
    if (silent) return false;
    auto now = std::exchange(waiting, {});
    for (auto& answer : now) answer();
    return !now.empty();
  }
  int questions = 0;
  bool silent = false;
  std::vector<ResolvedAddress> found;  // in addition to what the endpoints say
  std::vector<std::function<void()>> waiting;
};

class FakeServices final : public ServiceInterface {
 public:
  Result<> Send(const ipc::Adopt& message, UniqueFd link) override {
    if (away) return Fail("nobody listens");
    budget = message.budget;
    links.push_back(std::move(link));
    return {};
  }
  bool away = false;
  std::uint32_t budget = 0;
  std::vector<UniqueFd> links;
};

// An edge's end of a channel socket.
class TestEdge {
 public:
  explicit TestEdge(UniqueFd fd) : fd_(std::move(fd)) {}

  void Send(wire::FrameType type, ChannelId channel, ByteView body, std::uint32_t lifetime = 0) {
    writer_.Append(
        wire::MakeFrame({.type = type, .channel = channel, .lifetime_ms = lifetime}, body));
    EXPECT_TRUE(writer_.Flush(fd_.get()));
  }
  void SendRaw(ByteView unit) {
    writer_.Append(unit);
    (void)writer_.Flush(fd_.get());
  }
  void SendClosed(ChannelId channel) {
    Send(wire::FrameType::kClosed, channel, wire::ClosedBody{}.Serialize());
  }
  // Everything that has come; sets `closed` at the end.
  std::vector<Bytes> Receive() {
    std::vector<Bytes> frames;
    ipc::ReadBuffer buffer;
    for (int i = 0; i < 64; ++i) {
      auto status = reader_.Drain(fd_.get(), buffer, [&](MutableByteView frame) {
        frames.emplace_back(frame.begin(), frame.end());
        return true;
      });
      closed = closed || !status || *status == ipc::FrameReader::Status::kClosed;
      if (closed || *status == ipc::FrameReader::Status::kDrained) break;
    }
    char byte;
    closed = closed || ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    return frames;
  }
  static wire::FrameType TypeOf(const Bytes& frame) {
    return static_cast<wire::FrameType>(frame[0]);
  }
  std::vector<wire::FrameType> ReceiveTypes() {
    std::vector<wire::FrameType> types;
    for (const auto& frame : Receive()) types.push_back(TypeOf(frame));
    return types;
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

  bool closed = false;

 private:
  UniqueFd fd_;
  ipc::FrameReader reader_;
  ipc::FrameWriter writer_{1 << 30};
};

inline config::PeerConfig MakePeer(const std::string& name, const std::string& connect) {
  config::PeerConfig peer;
  peer.name = name;
  peer.node = name + ".example";
  peer.carrier = config::Carrier::kUdp;
  if (!connect.empty()) peer.connect.push_back({.host = connect, .port = 9899});
  return peer;
}

inline config::ServiceConfig MakeService(const std::string& name, config::Role role,
                                         const std::string& peer) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse(name);
  service.role = role;
  service.peer = peer;
  return service;
}

class TestNode {
 public:
  TestNode(FakeNetwork& network, event::Loop& loop, const std::string& name,
           const std::string& address, const config::Configuration& config, TimePoint& now,
           const PathMemory& paths = {})
      : edges(*event::EpollSet::Create(loop)),
        tables(*Tables::Create({.authd = authd,
                                .resolver = resolver,
                                .services = services,
                                .counters = counters,
                                .config = Named(config, name),
                                .now = [&now] { return now; },
                                .random = [] { return 1.0; },
                                .paths = paths,
                                .save_paths = [this] { ++saves; },
                                .work = [this] { work = true; }},
                               *edges, [&](sctp::EngineObserver& observer) {
                                 auto made = std::make_unique<FakeEngine>(
                                     network, *sctp::TransportAddress::Parse(address, 9899),
                                     observer);
                                 engine = made.get();
                                 return made;
                               })) {}

  // The end of a turn. True: something was done.
  bool Turn() {
    bool busy = std::exchange(work, false) || !engine->idle() || resolver.Answer();
    busy = channels->Pump() || busy;
    engine->Flush();
    channels->FinishTurn();
    return busy;
  }
  void OnTimer() {
    associations->OnTimer();
    channels->OnTimer();
  }
  [[nodiscard]] Association& only_association() const {
    return *associations->associations().begin()->second;
  }
  void Verify(Association& association, const std::string& peer, std::uint64_t instance = 1) {
    associations->OnVerified({association.id(), peer, peer + ".example", instance});
  }
  TestEdge Attach(const std::string& service) {
    UniqueFd ours, theirs;
    MakeSockets(ours, theirs);
    EXPECT_TRUE(channels->Attach(*shared.config.FindService(service), std::move(theirs)));
    return TestEdge(std::move(ours));
  }
  static void MakeSockets(UniqueFd& ours, UniqueFd& theirs) {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
  std::uint64_t Count(Counter counter) { return counters[counter].value(); }

  FakeAuthd authd;
  FakeResolver resolver;
  FakeServices services;
  metrics::CounterFile counters = metrics::CounterFile::InMemory(CounterTable());
  bool work = false;
  int saves = 0;
  FakeEngine* engine = nullptr;
  std::unique_ptr<event::EpollSet> edges;
  std::unique_ptr<Tables> tables;
  SharedState& shared = tables->shared;
  ChannelTable* const channels = &tables->channels;
  AssociationTable* const associations = &tables->associations;

 private:
  static config::Configuration Named(config::Configuration config, const std::string& name) {
    config.node.name = name + ".example";
    return config;
  }
};

// Nodes "a" (lower) and "b": a connects to b. Service "dns" listens at a and is served at b; "back"
// does the opposite.
class TwoNodes : public testing::Test {
 protected:
  TwoNodes() { SetLogLevel(LogLevel::kError); }

  void MakeNodes(bool b_connects = false) {
    config_a.peers = {MakePeer("b", "192.0.2.2")};
    config_b.peers = {MakePeer("a", b_connects ? "192.0.2.1" : "")};
    if (config_a.services.empty()) {
      config_a.services = {MakeService("back", config::Role::kConnect, ""),
                           MakeService("dns", config::Role::kListen, "b")};
      config_b.services = {MakeService("back", config::Role::kListen, "a"),
                           MakeService("dns", config::Role::kConnect, "")};
    }
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
    b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.2", config_b, now);
    b->associations->Start();
    a->associations->Start();
  }
  void Settle() {
    for (int i = 0; i < 200; ++i) {
      auto ran = loop->RunOnce(Duration{0});
      ASSERT_TRUE(ran);
      bool busy = a->Turn();
      busy = b->Turn() || busy;
      if (!busy && !*ran) return;
    }
  }
  void Advance(Duration by) {
    now += by;
    a->OnTimer();
    b->OnTimer();
    Settle();
  }
  void BringUp() {
    MakeNodes();
    Settle();
    ASSERT_EQ(a->associations->associations().size(), 1u);
    a->Verify(a->only_association(), "b");
    b->Verify(b->only_association(), "a");
    Settle();
    ASSERT_TRUE(a->only_association().up());
    ASSERT_TRUE(b->only_association().up());
  }
  // Attaches at a, opens, and b's authd accepts. Returns b's edge.
  TestEdge OpenChannel(TestEdge& edge, ChannelId id) {
    edge.Send(wire::FrameType::kOpen, id, AsBytes("open"));
    Settle();
    EXPECT_FALSE(b->authd.accepts.empty());
    AcceptLast();
    Settle();
    EXPECT_FALSE(b->services.links.empty());
    TestEdge served(std::move(b->services.links.back()));
    b->services.links.pop_back();
    return served;
  }
  void AcceptLast() {
    ipc::Accepted verdict;
    verdict.request = b->authd.accepts.back().request;
    verdict.service = *ServiceName::Parse("dns");
    verdict.claim = Secret(std::size_t{32});
    verdict.opened_body = {1, 2, 3};
    b->channels->OnAccepted(verdict);
  }

  TimePoint now{1000s};
  FakeNetwork network;
  std::unique_ptr<event::Loop> loop = *event::Loop::Create();
  config::Configuration config_a, config_b;
  std::unique_ptr<TestNode> a, b;
};

}  // namespace funnel::sctpd
