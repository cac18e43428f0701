// The daemon's loop as it runs: a real Node, with an engine of sockets that the test fills.
#include "funnel-sctpd/daemon/node.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <map>

#include "common/base/log.h"
#include "tests/unit/config/temp_dir.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// One socket of the engine, and what is at its other end.
struct Wire {
  UniqueFd ours, far;
  bool full = false;       // the engine has packets for it that it does not take
  int came = 0, left = 0;  // packets
};

class SocketEngine final : public sctp::Engine {
 public:
  explicit SocketEngine(std::vector<Wire>& wires) : wires_(wires) {}

  // As the engine in our process: packets that a full socket does not take wait elsewhere.
  void Flush() override {
    ++turns;
    for (Wire& wire : wires_)
      for (wire.full = false; !wire.full && !to_send[wire.ours.get()].empty();) {
        Bytes& packet = to_send[wire.ours.get()].back();
        wire.full = ::send(wire.ours.get(), packet.data(), packet.size(), MSG_DONTWAIT) < 0;
        if (wire.full) break;
        ++wire.left;
        to_send[wire.ours.get()].pop_back();
      }
  }
  void OnReadable() override {
    ++reads;
    char packet[2048];
    for (Wire& wire : wires_)
      while (::recv(wire.ours.get(), packet, sizeof packet, MSG_DONTWAIT) > 0) ++wire.came;
  }
  bool wants_writable(int fd) const override {
    return std::ranges::any_of(wires_,
                               [fd](const Wire& one) { return one.ours.get() == fd && one.full; });
  }
  std::vector<int> fds() const override {
    std::vector<int> all;
    for (const Wire& wire : wires_) all.push_back(wire.ours.get());
    return all;
  }
  TimePoint NextTimer() const override { return timer; }
  void OnTimer() override {
    ++timers;
    timer = TimePoint::max();
  }

  std::string_view name() const override { return "sockets"; }
  Result<AssociationId> Connect(const sctp::Target&) override { return Fail("no peers"); }
  sctp::SendStatus Send(AssociationId, StreamId, ByteView, const sctp::SendOptions&) override {
    return sctp::SendStatus::kGone;
  }
  void Shutdown(AssociationId) override {}
  void Abort(AssociationId, std::string_view) override {}
  std::size_t MaxUnfragmented(AssociationId) const override { return 0; }
  sctp::AssociationStats Stats(AssociationId) const override { return {}; }
  sctp::EngineCounters counters() const override { return {}; }
  bool OfferPaths(AssociationId, std::vector<sctp::PeerPath>) override { return false; }
  void SetKnownHosts(std::vector<sctp::TransportAddress>) override {}

  std::map<int, std::vector<Bytes>> to_send;
  TimePoint timer = TimePoint::max();
  int turns = 0, reads = 0, timers = 0;

 private:
  std::vector<Wire>& wires_;
};

class NodeTest : public testing::Test {
 protected:
  NodeTest() {
    SetLogLevel(LogLevel::kError);
    for (const char* folder : {"/counters", "/service", "/state"})
      ::mkdir((directory_ + folder).c_str(), 0700);
    for (Wire& wire : wires_) {
      int fds[2];
      if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        std::abort();
      wire.ours.reset(fds[0]);
      wire.far.reset(fds[1]);
    }
  }
  ~NodeTest() override { node_.reset(); }

  void Start() {
    Options options;
    options.run_dir = directory_;
    options.state_dir = directory_ + "/state";
    std::vector<event::ListenFds::Named> passed;
    passed.push_back({"control", Listen("/sctpd.sock")});
    // Only authd's socket exists: the node must not try again and again.
    authd_ = Listen("/authd.sock");
    auto node = Node::Create(*loop_, options, {}, event::ListenFds(std::move(passed)),
                             [this](const auto&, auto&, auto&) -> Result<StartedEngine> {
                               auto engine = std::make_unique<SocketEngine>(wires_);
                               engine_ = engine.get();
                               return StartedEngine{std::move(engine), {}};
                             });
    ASSERT_TRUE(node.has_value()) << node.error().message;
    node_ = *std::move(node);
    node_->Start();
    ASSERT_TRUE(Settle());
  }
  UniqueFd Listen(const std::string& name) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory_ + name).copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 16), 0);
    return fd;
  }
  // Runs until nothing is left to do; a loop that spins never ends.
  [[nodiscard]] bool Settle() {
    for (int i = 0; i < 100; ++i) {
      auto ran = loop_->RunOnce(Duration{0});
      if (!ran || !*ran) return ran.has_value();
    }
    return false;
  }
  // Packets for WIRE, more than its socket takes.
  void Fill(Wire& wire) {
    int room = 1 << 12;
    ::setsockopt(wire.ours.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    for (int i = 0; i < 64; ++i) engine_->to_send[wire.ours.get()].push_back(Bytes(1000, 'x'));
  }
  void Arrive(Wire& wire) { ASSERT_EQ(::send(wire.far.get(), "packet", 6, MSG_DONTWAIT), 6); }
  void Drain(Wire& wire) {
    char packet[2048];
    while (::recv(wire.far.get(), packet, sizeof packet, MSG_DONTWAIT) > 0) continue;
  }

  const TempDir folder_;
  const std::string& directory_ = folder_.path();
  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  std::vector<Wire> wires_{3};
  SocketEngine* engine_ = nullptr;  // of the node
  UniqueFd authd_;
  std::unique_ptr<Node> node_;
};

TEST_F(NodeTest, RestsWhileOneSocketIsFull) {
  Start();
  Fill(wires_[1]);
  Arrive(wires_[0]);  // so that there is a turn
  ASSERT_TRUE(Settle());
  ASSERT_TRUE(wires_[1].full);
  const int turns = engine_->turns, reads = engine_->reads;
  int woken = 0;
  for (int i = 0; i < 50; ++i) woken += *loop_->RunOnce(Duration{0});
  EXPECT_LE(woken, 5);  // the counters' heartbeat, answers about groups
  EXPECT_EQ(engine_->turns, turns);
  EXPECT_EQ(engine_->reads, reads);
}

TEST_F(NodeTest, OthersGoOnWhileOneSocketIsFull) {
  Start();
  Fill(wires_[1]);
  Arrive(wires_[0]);
  ASSERT_TRUE(Settle());
  ASSERT_TRUE(wires_[1].full);
  const int before = engine_->turns;
  for (int i = 1; i <= 20; ++i) {
    engine_->to_send[wires_[2].ours.get()].push_back(Bytes(1, 'y'));
    Arrive(wires_[0]);
    ASSERT_TRUE(Settle());
    Drain(wires_[2]);
    EXPECT_EQ(wires_[0].came, 1 + i);
    EXPECT_EQ(wires_[2].left, i);
  }
  EXPECT_TRUE(wires_[1].full);
  EXPECT_LE(engine_->turns - before, 2 * 20);
  EXPECT_LE(engine_->reads, 21 + 1);
}

TEST_F(NodeTest, TimersComeWhileOneSocketIsFull) {
  Start();
  Fill(wires_[1]);
  engine_->timer = Now() + 20ms;
  Arrive(wires_[0]);
  ASSERT_TRUE(Settle());
  const int before = engine_->turns;
  while (engine_->timers == 0) ASSERT_TRUE(loop_->RunOnce(1s).value_or(false));
  EXPECT_EQ(engine_->turns, before + 1);
}

TEST_F(NodeTest, WhatWaitedLeavesWhenItsSocketHasRoom) {
  Start();
  Fill(wires_[1]);
  Arrive(wires_[0]);
  ASSERT_TRUE(Settle());
  const int left = wires_[1].left, before = engine_->turns;
  Drain(wires_[1]);
  ASSERT_TRUE(Settle());
  EXPECT_GT(wires_[1].left, left);
  EXPECT_LE(engine_->turns - before, 2);
}

}  // namespace
}  // namespace funnel::sctpd
