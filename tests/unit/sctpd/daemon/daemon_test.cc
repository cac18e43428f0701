// The daemon's outer parts: authd's connection, the control socket, the services' sockets, names.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ipc/command_messages.h"
#include "funnel-sctpd/daemon/authd_link.h"
#include "funnel-sctpd/daemon/control_server.h"
#include "funnel-sctpd/daemon/service_sockets.h"
#include "funnel-sctpd/daemon/status.h"
#include "funnel-sctpd/route/resolver.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

class DaemonTest : public testing::Test {
 protected:
  DaemonTest() { SetLogLevel(LogLevel::kError); }

  UniqueFd Listen(const std::string& name) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string path = directory_ + "/" + name;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 16), 0);
    return fd;
  }
  template <typename Condition>
  void RunUntil(Condition condition) {
    TimePoint deadline = Now() + 10s;
    while (!condition() && Now() < deadline) ASSERT_TRUE(loop_->RunOnce(20ms));
    ASSERT_TRUE(condition());
  }

  const TempDir folder_;
  const std::string& directory_ = folder_.path();
  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
};

struct Listener final : AuthdObserver, PeerListener, AcceptListener {
  void OnConnected() override { ++ups; }
  void OnDisconnected() override { ++downs; }
  void OnAuthdUp() override {}
  void OnAccepted(const ipc::Accepted& m) override { accepted = m.request; }
  void OnAcceptRefused(const ipc::AcceptRefused&) override {}
  void OnVerified(const ipc::PeerVerified& m) override { verified = m.peer; }
  void OnVerifyFailed(const ipc::PeerFailed&) override {}
  void OnPeerFrame(const ipc::PeerFrame&) override {}
  int ups = 0, downs = 0;
  std::uint32_t accepted = 0;
  std::string verified;
};

TEST_F(DaemonTest, AuthdIsFoundAgainAfterItsDeath) {
  Listener listener;
  AuthdLink link(*loop_, directory_ + "/authd.sock");
  link.Start({listener, listener, listener});
  EXPECT_FALSE(link.connected());
  UniqueFd listening = Listen("authd.sock");
  RunUntil([&] { return listener.ups == 1; });
  {
    auto fd = ipc::ControlSocket::AcceptOne(listening.get());
    ASSERT_TRUE(fd && *fd);
    ipc::ControlSocket authd(std::move(**fd));
    ASSERT_TRUE(authd.Send(ipc::Serialize(ipc::PeerVerified{AssociationId(1), "hoster", "n", 1})));
    RunUntil([&] { return listener.verified == "hoster"; });
    link.Send(ipc::PeerStart{AssociationId(7), "hoster"});
    auto got = authd.Receive();
    ASSERT_TRUE(got && *got);
    EXPECT_EQ(ipc::Parse<ipc::PeerStart>((*got)->packet.view())->association, AssociationId(7));
  }
  RunUntil([&] { return listener.downs == 1 && listener.ups == 2; });
}

TEST_F(DaemonTest, NonsenseFromAuthdEndsThatConnectionOnly) {
  Listener listener;
  UniqueFd listening = Listen("authd.sock");
  AuthdLink link(*loop_, directory_ + "/authd.sock");
  link.Start({listener, listener, listener});
  auto fd = ipc::ControlSocket::AcceptOne(listening.get());
  ASSERT_TRUE(fd && *fd);
  std::uint8_t noise[] = {ipc::kVersion, 255, 3};
  ASSERT_EQ(::send((*fd)->get(), noise, sizeof noise, 0), 3);
  RunUntil([&] { return listener.downs == 1 && listener.ups == 2; });
}

TEST_F(DaemonTest, ServiceSocketGetsTheMessageAndTheLink) {
  UniqueFd listening = Listen("dns.sock");
  ServiceSockets services(directory_);
  ipc::Adopt adopt{.service = *ServiceName::Parse("dns"),
                   .peer = "branch",
                   .claim = Secret(std::size_t{32}),
                   .channel = 5,
                   .budget = 1384};

  UniqueFd ours, theirs;
  TestNode::MakeSockets(ours, theirs);
  ASSERT_TRUE(services.Send(adopt, std::move(theirs)));

  auto fd = ipc::ControlSocket::AcceptOne(listening.get());
  ASSERT_TRUE(fd && *fd);
  ipc::ControlSocket edge(std::move(**fd));
  auto got = edge.Receive();
  ASSERT_TRUE(got && *got);
  auto parsed = ipc::Parse<ipc::Adopt>((*got)->packet.view());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->channel, 5u);
  EXPECT_TRUE(ipc::RequireChannelSocket((*got)->fd.get()));

  adopt.service = *ServiceName::Parse("ldap");
  EXPECT_FALSE(services.Send(adopt, std::move(ours)));
}

TEST_F(DaemonTest, ResolverAnswersFromTheLoop) {
  Resolver resolver(*loop_);
  std::vector<ResolvedAddress> found;
  bool answered = false;
  resolver.Resolve({{.host = "192.0.2.1", .port = 0}, {.host = "::1", .port = 7}},
                   [&](auto addresses, auto) { found = addresses, answered = true; });
  EXPECT_FALSE(answered);
  RunUntil([&] { return answered; });
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].address.text(), "192.0.2.1:0");
  EXPECT_EQ(found[1].address.text(), "[::1]:7");
  answered = false;
  resolver.Resolve({{.host = "localhost", .port = 1}},
                   [&](auto addresses, auto) { found = addresses, answered = true; });
  RunUntil([&] { return answered; });
  EXPECT_FALSE(found.empty());
}

TEST_F(DaemonTest, AnswersOfTheResolverDieWithIt) {
  bool answered = false;
  {
    Resolver resolver(*loop_);
    resolver.Resolve({{.host = "localhost", .port = 1}}, [&](auto, auto) { answered = true; });
  }
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(loop_->RunOnce(10ms));
  EXPECT_FALSE(answered);
}

class ControlTest : public DaemonTest {
 protected:
  void SetUp() override {
    config_.peers = {MakePeer("b", "192.0.2.2")};
    config_.services = {MakeService("dns", config::Role::kListen, "b"),
                        MakeService("other", config::Role::kListen, "b"),
                        MakeService("served", config::Role::kConnect, "")};
    config_.services[0].edge_user = std::to_string(::getuid());
    config_.services[1].edge_user = std::to_string(::getuid() + 1);
    node_ = std::make_unique<TestNode>(network_, *loop_, "a", "192.0.2.1", config_, now_);
    server_ = *ControlServer::Create(*loop_, Listen("sctpd.sock"), node_->shared, *node_->channels);
    server_->commands().Add(
        "status", {.run = [this](const auto&, ipc::SharedAnswer answer) {
          answer->Finish(MakeStatus(
              {node_->shared, *node_->associations, *node_->channels, {"[::]:9899"}, 5}));
        }});
  }
  Result<ipc::ReceivedPacket> Ask(Secret request, UniqueFd fd = {}) {
    auto client = ipc::ControlSocket::Connect(directory_ + "/sctpd.sock");
    if (!client) return std::unexpected(client.error());
    auto sent = client->Send(std::move(request), std::move(fd));
    if (!sent) return std::unexpected(sent.error());
    std::optional<ipc::ReceivedPacket> got;
    RunUntil([&] {
      auto received = client->Receive();
      if (received && *received) got = std::move(*received);
      return got.has_value();
    });
    if (!got) return Fail("no answer");
    return *std::move(got);
  }
  std::string Attach(const std::string& service, const std::string& peer, bool with_link = true) {
    UniqueFd ours, theirs;
    TestNode::MakeSockets(ours, theirs);
    if (!with_link) theirs.reset();
    auto answer =
        Ask(ipc::Serialize(ipc::Attach{*ServiceName::Parse(service), peer}), std::move(theirs));
    kept_.push_back(std::move(ours));
    if (!answer) return answer.error().message;
    if (ipc::Parse<ipc::Attached>(answer->packet.view())) return "attached";
    auto rejected = ipc::Parse<ipc::Rejected>(answer->packet.view());
    return rejected ? rejected->text : "?";
  }

  TimePoint now_{1000s};
  FakeNetwork network_;
  config::Configuration config_;
  std::unique_ptr<TestNode> node_;
  std::unique_ptr<ControlServer> server_;
  std::vector<UniqueFd> kept_;
};

TEST_F(ControlTest, AttachesTheServicesOwnEdgeOnly) {
  EXPECT_EQ(Attach("dns", "b"), "attached");
  EXPECT_EQ(node_->channels->channels().size(), 1u);
  EXPECT_NE(Attach("other", "b"), "attached");
  EXPECT_NE(Attach("served", ""), "attached");
  EXPECT_NE(Attach("unknown", "b"), "attached");
  EXPECT_NE(Attach("dns", "c"), "attached");
  EXPECT_NE(Attach("dns", "b", /*with_link=*/false), "attached");
  EXPECT_EQ(node_->channels->channels().size(), 1u);
  EXPECT_EQ(node_->Count(kAttachRejected), 5u);
}

TEST_F(ControlTest, OneEdgeCannotAttachWithoutEnd) {
  int attached = 0;
  while (attached < 100 && Attach("dns", "b") == "attached") ++attached;
  EXPECT_EQ(attached, 33);
}

TEST_F(ControlTest, StatusSaysWhatIsThere) {
  Attach("dns", "b");
  auto answer = Ask(ipc::Serialize(ipc::Command{9, "status", {}}));
  ASSERT_TRUE(answer);
  auto reply = ipc::Parse<ipc::CommandReply>(answer->packet.view());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->request, 9u);
  EXPECT_EQ(reply->kind, ipc::ReplyKind::kLast);
  std::string json(AsText(reply->text));
  for (const char* part :
       {"\"daemon\":\"funnel-sctpd\"", "\"node\":\"a.example\"", "\"listen\":[\"[::]:9899\"]",
        "\"peer\":\"b\"", "\"state\":\"connecting\"", "\"service\":\"dns\"", "\"stream\":null",
        "\"state\":\"waiting\"", "\"refusals\":[]"})
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
}

TEST_F(ControlTest, StatusCarriesNoDescriptor) {
  UniqueFd ours, theirs;
  TestNode::MakeSockets(ours, theirs);
  auto client = ipc::ControlSocket::Connect(directory_ + "/sctpd.sock");
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->Send(ipc::Serialize(ipc::Command{9, "status", {}}), std::move(theirs)));
  RunUntil([&] { return !client->Receive(); });
}

// A child uses all the slots that another user can get, and stays.
TEST_F(ControlTest, OneUserLeavesPlacesToRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  constexpr int kPlaces = 16;
  node_->shared.config.node.sctp.control_clients = kPlaces;
  ::chmod(directory_.c_str(), 0755);
  ::chmod((directory_ + "/sctpd.sock").c_str(), 0666);

  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(54321, 54321, 54321) != 0) ::_exit(1);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory_ + "/sctpd.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    for (int i = 0; i < 2 * kPlaces; ++i)
      ::connect(::socket(AF_UNIX, SOCK_SEQPACKET, 0), reinterpret_cast<sockaddr*>(&address),
                sizeof address);
    ::pause();
  }

  RunUntil([&] { return node_->Count(kAttachRejected) >= kPlaces; });
  EXPECT_TRUE(Ask(ipc::Serialize(ipc::Command{9, "status", {}})));
  EXPECT_EQ(Attach("dns", "b"), "attached");

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace funnel::sctpd
