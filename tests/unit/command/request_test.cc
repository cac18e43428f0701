#include "funnel-exec/request.h"

#include "common/command/control_message.h"
#include "tests/unit/command/ends.h"

namespace funnel::exec {
namespace {

using command::WriteAll;

config::ServiceConfig Service() {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse("tool");
  service.protocol = config::Protocol::kCommand;
  service.role = config::Role::kConnect;
  service.exec = *config::CommandLine::Parse("/bin/tool -x");
  service.edge_user = std::to_string(::geteuid());
  service.connect_timeout = std::chrono::milliseconds(200);
  return service;
}

class RequestTest : public testing::Test {
 protected:
  RequestTest() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    edge_.reset(fds[0]);
    connection_.reset(fds[1]);
  }
  void Send(const ipc::FlowFds* flows) {
    const ipc::Exec who{.peer = "branch", .principal = "tool/a@R", .user = "alice"};
    ASSERT_TRUE(ipc::SendFlows(edge_.get(), ipc::Serialize(who).view(), flows));
  }

  UniqueFd edge_, connection_;
  command::Ends ends_;
};

TEST_F(RequestTest, TakesWhatItsEdgeSends) {
  Send(&ends_.pairs.theirs);
  auto request = ReadRequest(connection_.get(), Service());
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->who.user, "alice");
  EXPECT_EQ(request->who.principal, "tool/a@R");
  WriteAll(ends_.pairs.ours[2].get(), "x");
  char byte = 0;
  EXPECT_EQ(::read(request->flows[2].get(), &byte, 1), 1);
}

TEST_F(RequestTest, RefusesAnotherCaller) {
  Send(&ends_.pairs.theirs);
  config::ServiceConfig service = Service();
  service.edge_user = std::to_string(::geteuid() + 1);
  const auto request = ReadRequest(connection_.get(), service);
  ASSERT_FALSE(request);
  EXPECT_NE(request.error().message.find("not that of"), std::string::npos);
}

TEST_F(RequestTest, RefusesWhatComesWithoutTheFlows) {
  Send(nullptr);
  EXPECT_FALSE(ReadRequest(connection_.get(), Service()));
}

TEST_F(RequestTest, RefusesADescriptorThatIsNoFlow) {
  command::PipeEnds pipe;
  ends_.pairs.theirs[1] = std::move(pipe.read);
  Send(&ends_.pairs.theirs);
  const auto request = ReadRequest(connection_.get(), Service());
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message, "a descriptor that is no flow");
}

TEST_F(RequestTest, DoesNotWaitForEver) {
  EXPECT_EQ(ReadRequest(connection_.get(), Service()).error().message,
            "nothing came within connect-timeout");
  EXPECT_EQ(ReadCommand(ends_.pairs.ours[2].get(), Service()).error().message,
            "nothing came within connect-timeout");
}

TEST_F(RequestTest, AddsArgumentsOnlyWhereTheFileSaysSo) {
  const int control = ends_.pairs.ours[2].get();
  config::ServiceConfig service = Service();
  WriteAll(ends_.control(), *command::SerializeStart({}));
  EXPECT_EQ(ReadCommand(control, service)->words, (std::vector<std::string>{"/bin/tool", "-x"}));

  WriteAll(ends_.control(), *command::SerializeStart({{"a b"}}));
  EXPECT_FALSE(ReadCommand(control, service));
  service.connect_arguments = true;
  WriteAll(ends_.control(), *command::SerializeStart({{"a b"}}));
  EXPECT_EQ(ReadCommand(control, service)->words,
            (std::vector<std::string>{"/bin/tool", "-x", "a b"}));
}

TEST_F(RequestTest, ReadsNoFurtherThanStart) {
  WriteAll(ends_.control(), *command::SerializeStart({}));
  WriteAll(ends_.control(), command::Serialize(command::InputEnd{}));
  EXPECT_TRUE(ReadCommand(ends_.pairs.ours[2].get(), Service()));
  EXPECT_EQ(ReadCommand(ends_.pairs.ours[2].get(), Service()).error().message,
            "the client does not begin with START");
}

TEST_F(RequestTest, ATerminalIsMadeOnlyWhereTheFileSaysSo) {
  const int control = ends_.pairs.ours[2].get();
  const command::Terminal terminal{{24, 80}, "vt100"};
  config::ServiceConfig service = Service();
  const auto ask = [&] {
    WriteAll(ends_.control(), command::Serialize(terminal));
    WriteAll(ends_.control(), *command::SerializeStart({}));
    return *ReadCommand(control, service);
  };
  EXPECT_EQ(ask().terminal, std::nullopt);
  service.terminal = config::TerminalRule::kAuto;
  EXPECT_EQ(ask().terminal, terminal);
  WriteAll(ends_.control(), *command::SerializeStart({}));
  EXPECT_EQ(ReadCommand(control, service)->terminal, std::nullopt);
}

}  // namespace
}  // namespace funnel::exec
