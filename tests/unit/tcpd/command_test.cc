// Commands through two whole edges: the test plays funnel-run at one end and funnel-exec at the
// other.
#include <sys/stat.h>
#include <sys/un.h>

#include "common/base/socket.h"
#include "common/ipc/control_socket.h"
#include "common/ipc/flow_descriptors.h"
#include "common/ipc/run_messages.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/tcpd/edge_fixture.h"

namespace funnel::tcpd {
namespace {

UniqueFd ListenAt(const std::string& path) {
  const sockaddr_un address = *UnixAddress(path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd.get(), 16), 0);
  return fd;
}

class CommandTest : public LoopTest {
 protected:
  CommandTest() : counters_(metrics::CounterFile::InMemory(service::WholeTable(kCounters))) {
    ::mkdir(folder_.Path("exec").c_str(), 0700);
    helper_ = ListenAt(folder_.Path("exec/test.sock"));
    service_.name = *ServiceName::Parse("test");
    service_.protocol = config::Protocol::kCommand;
    service_.allow_users = {std::to_string(::geteuid())};
  }
  ~CommandTest() override {
    LoseChannel();
    (void)loop_->RunOnce(Duration::zero());
    channels_.clear();
  }

  // Call it when the service is as it should be.
  void Start() {
    std::vector<event::ListenFds::Named> sockets;
    sockets.push_back({"listen", ListenAt(folder_.Path("run.sock"))});
    listening_ = MakeEdge(std::move(sockets));
    service_.role = config::Role::kConnect;
    connecting_ = MakeEdge({});
  }
  std::unique_ptr<service::Application> MakeEdge(std::vector<event::ListenFds::Named> sockets) {
    event::ListenFds listen_fds(std::move(sockets));
    service::EdgeEnvironment environment{*loop_,    service_, configuration_, listen_fds,
                                         counters_, "",       folder_.path()};
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
    for (auto& channel : channels_) {
      if (!channel->over()) channel->Lose();
    }
  }
  // As funnel-run does; the error is the refusal.
  Result<ipc::FlowFds> Ask() {
    auto socket = *ipc::ControlSocket::Connect(folder_.Path("run.sock"));
    Result<ipc::ReceivedFlows> received = Fail("");
    EXPECT_TRUE(Until([&] {
      received = ipc::ReceiveFlows(socket.fd());
      return received || received.error().code != EAGAIN;
    }));
    if (!received) return std::unexpected(received.error());
    const auto answer = *ipc::Parse<ipc::RunAnswer>(received->packet);
    if (!answer.refusal.empty()) return Fail(answer.refusal);
    return std::move(received->flows);
  }
  // As funnel-exec does.
  ipc::ReceivedFlows TakeExec() {
    UniqueFd connection;
    EXPECT_TRUE(Until([&] {
      connection.reset(::accept4(helper_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      return bool(connection);
    }));
    auto received = ipc::ReceiveFlows(connection.get());
    EXPECT_TRUE(received);
    return *std::move(received);
  }
  [[nodiscard]] bool Carries(const UniqueFd& from, const UniqueFd& to, const std::string& text) {
    EXPECT_EQ(::send(from.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    Reader reader;
    return Until([&] {
             reader.Poll(to.get());
             return reader.text.size() >= text.size();
           }) &&
           reader.text == text;
  }
  [[nodiscard]] bool Ends(const UniqueFd& fd) {
    Reader reader;
    return Until([&] {
      reader.Poll(fd.get());
      return reader.state != ReadState::kOpen;
    });
  }
  [[nodiscard]] std::uint64_t Counted(CounterIndex index) {
    return counters_[std::size_t{service::kCommonCounters} + index].value();
  }

  config::Configuration configuration_;
  config::ServiceConfig service_;
  metrics::CounterFile counters_;
  TempDir folder_;
  UniqueFd helper_;
  std::unique_ptr<service::Application> listening_, connecting_;
  std::vector<std::unique_ptr<TestChannel>> channels_;
};

TEST_F(CommandTest, HasThreeFlowsOfItsOwn) {
  Start();
  BringUp();
  const auto client = Ask();
  ASSERT_TRUE(client) << client.error().message;
  const auto far = TakeExec();
  ASSERT_TRUE(far.has_flows);
  const auto who = *ipc::Parse<ipc::Exec>(far.packet);
  EXPECT_EQ(who.peer, "other");
  EXPECT_NE(who.user, "");
  for (std::size_t i = 0; i < wire::kCommandParts; ++i) {
    EXPECT_TRUE(Carries((*client)[i], far.flows[i], "there " + std::to_string(i)));
    EXPECT_TRUE(Carries(far.flows[i], (*client)[i], "back " + std::to_string(i)));
  }
  EXPECT_EQ(Counted(kSessions), 6u);
  EXPECT_EQ(Counted(kCommandsTotal), 2u);
}

TEST_F(CommandTest, WaitsForAChannel) {
  Start();
  const auto client = Ask();
  ASSERT_TRUE(client);
  BringUp();
  const auto far = TakeExec();
  EXPECT_TRUE(Carries((*client)[0], far.flows[0], "patient"));
}

TEST_F(CommandTest, ABlockedFlowHoldsUpNoOther) {
  Start();
  BringUp();
  const auto client = Ask();
  ASSERT_TRUE(client);
  const auto far = TakeExec();
  const std::string piece(65536, 'x');
  int idle = 0;
  EXPECT_TRUE(Until([&] {
    const ssize_t size = ::send((*client)[0].get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    idle = size > 0 ? 0 : idle + 1;
    return idle > 20;
  }));
  EXPECT_TRUE(Carries((*client)[2], far.flows[2], "interrupt"));
  EXPECT_TRUE(Carries(far.flows[1], (*client)[1], "error"));
}

TEST_F(CommandTest, RefusesMoreThanMaxSessions) {
  service_.max_sessions = 5;
  Start();
  BringUp();
  const auto first = Ask();
  ASSERT_TRUE(first);
  const auto second = Ask();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("max-sessions"), std::string::npos);
  EXPECT_EQ(Counted(kCommandsRefused), 1u);
  EXPECT_EQ(Counted(kSessionsOverLimit), 1u);
}

TEST_F(CommandTest, NoUserTakesAllOfThem) {
  service_.max_sessions_per_client = 5;
  Start();
  BringUp();
  auto first = Ask();
  ASSERT_TRUE(first);
  const auto second = Ask();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("max-sessions-per-client"), std::string::npos);
  EXPECT_EQ(Counted(kClientSessionsOverLimit), 1u);

  // The first one ends.
  (void)TakeExec();
  for (UniqueFd& flow : *first) flow.reset();
  EXPECT_TRUE(Until([&] { return Counted(kSessions) == 0; }));
  EXPECT_TRUE(Ask());
}

TEST_F(CommandTest, RefusesWhileItIsDrained) {
  Start();
  BringUp();
  listening_->SetDraining(true);
  const auto client = Ask();
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("drained"), std::string::npos);
}

TEST_F(CommandTest, AllFlowsEndWithTheChannel) {
  Start();
  BringUp();
  const auto client = Ask();
  ASSERT_TRUE(client);
  const auto far = TakeExec();
  LoseChannel();
  for (std::size_t i = 0; i < wire::kCommandParts; ++i) {
    EXPECT_TRUE(Ends((*client)[i]));
    EXPECT_TRUE(Ends(far.flows[i]));
  }
}

TEST_F(CommandTest, AHelperThatIsNotThereEndsTheCommand) {
  Start();
  BringUp();
  helper_.reset();
  const auto client = Ask();
  ASSERT_TRUE(client);
  for (const UniqueFd& flow : *client) EXPECT_TRUE(Ends(flow));
  EXPECT_EQ(Counted(kConnectFailed), 1u);
}

TEST_F(CommandTest, ACommandThatIsNotCompleteIsNotStarted) {
  service_.connect_timeout = std::chrono::milliseconds(100);
  Start();
  BringUp();
  // A far end that opens one flow only, and a session that is none.
  wire::Channel& wire = channels_.front()->wire();
  const auto flow =
      wire.OpenSession({"alice", "", {}, wire::CommandFlow{wire::CommandPart::kControl, 1}});
  const auto plain = wire.OpenSession({"192.0.2.1:53", "", {}, {}});
  ASSERT_TRUE(flow && plain);
  channels_.front()->RequestFlush();
  EXPECT_TRUE(Until([&] { return wire.session_count() == 0; }));
  EXPECT_EQ(Counted(kCommandsIncomplete), 2u);
  EXPECT_EQ(::accept4(helper_.get(), nullptr, nullptr, SOCK_CLOEXEC), -1);
}

TEST_F(CommandTest, DescriptorsOfUsersArriveNowhere) {
  Start();
  BringUp();
  const auto client = Ask();
  ASSERT_TRUE(client);
  const auto far = TakeExec();
  auto passed = *ipc::MakeFlowPairs();
  ASSERT_TRUE(ipc::SendFlows((*client)[0].get(), AsBytes("bytes"), &passed.theirs));
  for (UniqueFd& fd : passed.theirs) fd.reset();
  Reader reader;
  EXPECT_TRUE(Until([&] {
    reader.Poll(far.flows[0].get());
    return reader.text == "bytes";
  }));
  for (const UniqueFd& fd : passed.ours) EXPECT_TRUE(Ends(fd));
}

using OtherServiceTest = EdgeTest;

TEST_F(OtherServiceTest, ConnectsNoFlowOfACommand) {
  BringUp();
  wire::Channel& wire = channels_.front()->wire();
  ASSERT_TRUE(wire.OpenSession({"alice", "", {}, wire::CommandFlow{wire::CommandPart::kStdio, 1}}));
  channels_.front()->RequestFlush();
  EXPECT_TRUE(Until([&] { return wire.session_count() == 0; }));
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

TEST_F(CommandTest, AFlowThatComesTwiceIsNotStarted) {
  Start();
  BringUp();
  wire::Channel& wire = channels_.front()->wire();
  const wire::SessionInfo info{"alice", "", {}, wire::CommandFlow{wire::CommandPart::kStdio, 1}};
  ASSERT_TRUE(wire.OpenSession(info) && wire.OpenSession(info));
  channels_.front()->RequestFlush();
  EXPECT_TRUE(Until([&] { return Counted(kCommandsIncomplete) == 1; }));
}

}  // namespace
}  // namespace funnel::tcpd
