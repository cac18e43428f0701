#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/service/control_server.h"
#include "common/service/edge_commands.h"
#include "tests/unit/service/recorders.h"

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

// The near edge with its control socket, and clients of it.
class ControlTest : public EdgeTest {
 protected:
  void SetUp() override {
    EdgeTest::SetUp();
    AddEdgeCommands(commands_, {*near_, "funnel-udpd@dns", [this] { return control_; }});
    auto server = ControlServer::Create(
        *loop_, path(), commands_, [this] { return control_.clients; }, [this] { ++rejected_; });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void TearDown() override {
    server_.reset();
    EdgeTest::TearDown();
  }
  std::string path() const { return folder_ + "/control.sock"; }
  ipc::ControlSocket Connect() {
    auto client = ipc::ControlSocket::Connect(path());
    EXPECT_TRUE(client);
    return std::move(*client);
  }
  static void Say(ipc::ControlSocket& client, const std::string& name,
                  std::vector<std::string> arguments = {}) {
    EXPECT_TRUE(client.Send(ipc::Serialize(ipc::Command{1, name, std::move(arguments)})));
  }
  // Asks for a forward to TARGET from a port of ours.
  static void SayForward(ipc::ControlSocket& client, const std::string& target) {
    UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::listen(listening.get(), 1), 0);
    EXPECT_TRUE(client.Send(ipc::Serialize(ipc::CommandWithSocket{{1, "forward", {target}}}),
                            std::move(listening)));
  }
  // The next reply; "(closed)" if there is none.
  std::string Receive(ipc::ControlSocket& client) {
    std::string out = "(nothing)";
    EXPECT_TRUE(Until([&] {
      auto got = client.Receive();
      if (!got) {
        out = "(closed)";
        return true;
      }
      if (!*got) return false;
      auto reply = ipc::Parse<ipc::CommandReply>((*got)->packet.view());
      out = reply ? AsText(reply->text) : "(malformed)";
      return true;
    }));
    return out;
  }
  std::string Ask(const std::string& name, std::vector<std::string> arguments = {}) {
    ipc::ControlSocket client = Connect();
    Say(client, name, std::move(arguments));
    return Receive(client);
  }

  config::ControlConfig control_;
  int rejected_ = 0;
  ipc::CommandTable commands_{
      [this] { return ipc::CommandTable::Rules{"0", "0", control_.commands}; },
      [](const std::string&) {}};
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, SocketIsOpenToAllAndReplacesOneThatWasLeft) {
  server_.reset();
  mode_t before = ::umask(0077);
  auto again =
      ControlServer::Create(*loop_, path(), commands_, [this] { return control_.clients; }, [] {});
  ::umask(before);
  ASSERT_TRUE(again) << again.error().message;
  struct stat about{};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0666u);
  EXPECT_NE(Ask("status").find("\"daemon\":\"funnel-udpd@dns\""), std::string::npos);
  EXPECT_FALSE(ControlServer::Create(
      *loop_, folder_ + "/none/control.sock", commands_, [] { return std::size_t{1}; }, [] {}));
}

TEST_F(ControlTest, StatusShowsTheChannelWithoutItsKeys) {
  Start();
  ASSERT_TRUE(UntilUp());
  std::string status = Ask("status");
  for (const char* part : {"\"service\":\"dns\"", "\"role\":\"listen\"", "\"draining\":false",
                           "\"module\":null", "\"number\":1", "\"role\":\"initiator\"",
                           "\"remote_principal\":\"dns/far@R\"", "\"epoch\":0"})
    EXPECT_NE(status.find(part), std::string::npos) << part << " in " << status;
  EXPECT_EQ(status.find("subkey"), std::string::npos);
}

TEST_F(ControlTest, PingGoesRoundOrSaysWhyNot) {
  EXPECT_EQ(Ask("ping"), "there is no channel: ");
  Start();
  ASSERT_TRUE(UntilUp());
  EXPECT_NE(Ask("ping").find("{\"peer\":\"far\",\"rtt_ms\":"), std::string::npos);
  EXPECT_NE(Ask("ping", {"1"}).find("rtt_ms"), std::string::npos);
  EXPECT_EQ(Ask("ping", {"7"}), "there is no channel 7 (any more)");
  EXPECT_EQ(Ask("ping", {"x"}), "a number is expected, not 'x'");
}

TEST_F(ControlTest, PingsTakeTurnsAndEndWithTheirDeadlineOrTheChannel) {
  Start();
  ASSERT_TRUE(UntilUp());
  ASSERT_TRUE(Exchange("first"));
  // From now on nothing that we send arrives.
  sctpd_->tamper = [](MutableByteView frame) { frame.back() ^= 1; };
  control_.ping_timeout = 30ms;
  EXPECT_EQ(Ask("ping"), "no answer from the far end in time");
  control_.ping_timeout = 1min;
  ipc::ControlSocket one = Connect(), two = Connect();
  Say(one, "ping");
  Say(two, "ping");
  Settle();
  sctpd_->DropAssociation();
  EXPECT_EQ(Receive(one), "the channel ended");
  EXPECT_EQ(Receive(two), "the channel ended");
}

TEST_F(ControlTest, AskerMayGoWhileItsPingIsOnItsWay) {
  Start();
  ASSERT_TRUE(UntilUp());
  sctpd_->tamper = [](MutableByteView frame) { frame.back() ^= 1; };
  {
    ipc::ControlSocket client = Connect();
    Say(client, "ping");
    Settle();
  }
  Settle();
  sctpd_->DropAssociation();
  Settle();
}

TEST_F(ControlTest, TraceHasRecordsWithoutPayloadWhileSomebodyReads) {
  Start();
  ASSERT_TRUE(UntilUp());
  EXPECT_FALSE(near_->trace().on());
  std::string lines;
  {
    ipc::ControlSocket client = Connect();
    Say(client, "trace");
    ASSERT_TRUE(Until([&] { return near_->trace().on(); }));
    ASSERT_TRUE(Exchange("payload"));
    while (lines.find("<-   DATAGRAM session=0 size=7") == std::string::npos)
      lines += Receive(client);
  }
  EXPECT_NE(lines.find("dns/1 -> SEALED seq="), std::string::npos) << lines;
  EXPECT_NE(lines.find("dns/1 ->   OPEN_SESSION session=0 client=192.0.2.1:1 local=192.0.2.2:53\n"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("dns/1 ->   DATAGRAM session=0 size=7\n"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("payload"), std::string::npos);
  EXPECT_TRUE(Until([&] { return !near_->trace().on(); }));
}

TEST_F(ControlTest, TraceInJsonIsAnObjectALineNextToOneInText) {
  Start();
  ASSERT_TRUE(UntilUp());
  ipc::ControlSocket programs = Connect(), people = Connect();
  Say(people, "trace");
  Say(programs, "trace", {"json"});
  Settle();
  ASSERT_TRUE(Exchange("payload"));
  std::string lines, text;
  while (lines.find("\"direction\":\"in\",\"what\":\"DATAGRAM\"") == std::string::npos)
    lines += Receive(programs);
  while (text.find("<-   DATAGRAM") == std::string::npos) text += Receive(people);
  EXPECT_NE(lines.find(",\"kind\":\"record\",\"channel\":\"dns/1\",\"direction\":\"out\","
                       "\"what\":\"DATAGRAM\",\"session\":0,\"size_bytes\":7}\n"),
            std::string::npos)
      << lines;
  EXPECT_EQ(lines.find("payload"), std::string::npos);
  EXPECT_EQ(text.find('{'), std::string::npos) << text;
  EXPECT_EQ(Ask("trace", {"xml"}), "the form of a trace is text or json, not 'xml'");
}

TEST_F(ControlTest, SlowReaderOfATraceLosesLinesAndLearnsHowMany) {
  ipc::ControlSocket client = Connect();
  Say(client, "trace");
  ASSERT_TRUE(Until([&] { return near_->trace().on(); }));
  const trace::TraceEvent line{.what = "SEALED", .dropped = std::string(1000, 'x')};
  // More than the socket's buffer and the queue hold together.
  for (int i = 0; i < 2000; ++i) {
    near_->trace().Report(line);
    if (i % 50 != 0) continue;
    EXPECT_TRUE(loop_->RunOnce(0ms));
  }
  std::string lines;
  while (lines.find("lines lost here: this reader is too slow\n") == std::string::npos)
    lines += Receive(client);
  EXPECT_LT(lines.size(), 1024u * 1024u);
  EXPECT_GT(near_counters_[kTraceLinesLost].value(), 0u);
}

TEST_F(ControlTest, DrainShowsInStatusAndCounter) {
  Start();
  ASSERT_TRUE(UntilUp());
  EXPECT_EQ(Ask("drain"), "{\"sessions\":0}");
  EXPECT_NE(Ask("status").find("\"draining\":true"), std::string::npos);
  EXPECT_EQ(near_counters_[kDraining].value(), 1u);
  EXPECT_EQ(Ask("resume"), "{\"sessions\":0}");
  EXPECT_EQ(near_counters_[kDraining].value(), 0u);
}

TEST_F(ControlTest, CloseTakesLeaveAndTheNextChannelHasANewNumber) {
  Start();
  ASSERT_TRUE(UntilUp());
  EXPECT_EQ(Ask("close", {"1"}), "{\"closed\":1}");
  ASSERT_TRUE(Until([&] { return near_app_.ups == 2 && near_app_.up != nullptr; }));
  EXPECT_TRUE(near_app_.ends.front().second) << "clean";
  EXPECT_EQ(near_app_.up->serial(), 2u);
  EXPECT_EQ(Ask("close", {"1"}), "there is no channel 1 (any more)");
  EXPECT_EQ(Ask("reset", {"2", "99"}), "there is no session 2.99 (any more)");
}

TEST_F(ControlTest, AForwardLastsAsLongAsItsAsker) {
  near_app_.forwards = true;
  {
    ipc::ControlSocket client = Connect();
    SayForward(client, "www.example.org:443");
    EXPECT_EQ(Receive(client), R"({"listen":"127.0.0.1:8080","target":"www.example.org:443"})");
    ASSERT_TRUE(near_app_.forward);
    EXPECT_TRUE(near_app_.forward->listening);
    EXPECT_EQ(near_app_.forward->target, (wire::Target{"www.example.org", 443}));
    EXPECT_EQ(near_app_.forward->uid, ::geteuid());
    const std::string shown =
        R"("forwards":[{"listen":"127.0.0.1:8080","target":"www.example.org:443","uid":)" +
        std::to_string(::geteuid()) + R"(,"age_ms":0,"connections":0}])";
    EXPECT_NE(Ask("sessions").find(shown), std::string::npos) << Ask("sessions");
  }
  EXPECT_TRUE(Until([&] { return !near_app_.forward; }));
}

TEST_F(ControlTest, TheAskerOfAForwardLearnsWhyItEnds) {
  near_app_.forwards = true;
  ipc::ControlSocket client = Connect();
  SayForward(client, "[2001:db8::1]:443");
  EXPECT_EQ(Receive(client), R"({"listen":"127.0.0.1:8080","target":"[2001:db8::1]:443"})");
  near_app_.forward->on_stopped("the service stops");
  EXPECT_EQ(Receive(client), "the service stops");
}

TEST_F(ControlTest, AForwardIsRefusedWithAReason) {
  ipc::ControlSocket client = Connect();
  SayForward(client, "www.example.org:443");
  EXPECT_EQ(Receive(client), "only a listening service with protocol = socks can forward");
  near_app_.forwards = true;
  for (const char* target : {"www.example.org", "www.example.org:0", "[fe80::1%lo]:443", ":443"}) {
    SayForward(client, target);
    EXPECT_EQ(Receive(client), std::string("a target is a host with a port, not ") + target);
  }
  EXPECT_FALSE(near_app_.forward);
  EXPECT_EQ(Ask("forward", {"www.example.org:443"}),
            "the command forward comes without the socket it needs");
}

TEST_F(ControlTest, HostileClientsEndThemselvesOnly) {
  ipc::ControlSocket rubbish = Connect();
  ASSERT_GT(::send(rubbish.fd(), "rubbish", 7, 0), 0);
  EXPECT_EQ(Receive(rubbish), "(closed)");
  ipc::ControlSocket with_descriptor = Connect();
  ASSERT_TRUE(with_descriptor.Send(ipc::Serialize(ipc::Command{1, "status", {}}),
                                   UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0))));
  EXPECT_EQ(Receive(with_descriptor), "(closed)");
  control_.clients = 1;
  ipc::ControlSocket first = Connect();
  Say(first, "status");
  EXPECT_NE(Receive(first).find("funnel-udpd@dns"), std::string::npos);
  EXPECT_EQ(rejected_, 0);
  ipc::ControlSocket second = Connect();
  EXPECT_EQ(Receive(second), "(closed)");
  EXPECT_EQ(rejected_, 1);
}

}  // namespace
}  // namespace funnel::service
