#include "common/ipc/command_table.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ipc/log_level_command.h"

namespace funnel::ipc {
namespace {

using namespace std::chrono_literals;

// A client and the daemon's end of its connection. Both have our uid, which may do everything.
class CommandTableTest : public testing::Test {
 protected:
  void SetUp() override {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    client_ = std::make_unique<ControlSocket>(UniqueFd(fds[0]));
    connection_ = *ControlConnection::Create(*loop_, ControlSocket(UniqueFd(fds[1])),
                                             {[this](ByteView packet, ForeignFd fd) {
                                                auto taken =
                                                    session_->OnPacket(packet, std::move(fd));
                                                if (!taken)
                                                  connection_->Fail(taken.error().message);
                                              },
                                              [this](const Error&) { session_.reset(); }});
    session_ = std::make_unique<CommandSession>(table_, *connection_);
    table_.Add("echo", {.max_arguments = 2, .run = [](const auto& arguments, SharedAnswer answer) {
                          for (const std::string& argument : arguments) answer->Write(argument);
                          answer->Finish(".");
                        }});
    table_.Add("later", {.access = Access::kAdmin, .run = [this](const auto&, SharedAnswer answer) {
                           answer->set_on_gone([this] { ++gone_; });
                           kept_.push_back(std::move(answer));
                         }});
  }
  void Say(std::uint32_t request, const std::string& name,
           std::vector<std::string> arguments = {}) {
    ASSERT_TRUE(client_->Send(Serialize(Command{request, name, std::move(arguments)})));
  }
  // The whole answer to one command, and how it ended.
  std::string Receive(std::uint32_t request) {
    std::string text;
    for (int turn = 0; turn < 200; ++turn) {
      EXPECT_TRUE(loop_->RunOnce(5ms));
      for (auto got = client_->Receive(); got && *got; got = client_->Receive()) {
        auto reply = Parse<CommandReply>((*got)->packet.view());
        if (!reply) return "(malformed)";
        EXPECT_EQ(reply->request, request);
        text += AsText(reply->text);
        if (reply->kind == ReplyKind::kLast) return text;
        if (reply->kind == ReplyKind::kFailed) return "failed: " + text;
      }
    }
    return "(nothing)";
  }

  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  std::string read_group_ = "4242", admin_group_ = "4243";
  std::vector<std::string> denied_;
  CommandTable table_{[this] { return CommandTable::Rules{read_group_, admin_group_, 2}; },
                      [this](const std::string& why) { denied_.push_back(why); }};
  std::vector<SharedAnswer> kept_;
  int gone_ = 0;
  std::unique_ptr<ControlSocket> client_;
  std::unique_ptr<ControlConnection> connection_;
  std::unique_ptr<CommandSession> session_;
};

TEST_F(CommandTableTest, RunsACommandAndGivesItsAnswerInPieces) {
  std::string large(CommandReply::kPieceSize * 2 + 5, 'x');
  table_.Add("large", {.run = [&](const auto&, SharedAnswer answer) { answer->Finish(large); }});
  Say(1, "echo", {"a", "b"});
  EXPECT_EQ(Receive(1), "ab.");
  Say(2, "large");
  EXPECT_EQ(Receive(2), large);
}

TEST_F(CommandTableTest, SaysWhyACommandIsNotRun) {
  Say(1, "no\nsuch");
  EXPECT_EQ(Receive(1), "failed: this daemon knows no command no\\x0asuch");
  Say(2, "echo", {"a", "b", "c"});
  EXPECT_EQ(Receive(2), "failed: the command echo with 3 arguments");
  EXPECT_TRUE(denied_.empty());
}

TEST_F(CommandTableTest, AnswersLaterAndInAnyOrder) {
  Say(1, "later");
  Say(2, "echo", {"x"});
  EXPECT_EQ(Receive(2), "x.");
  ASSERT_EQ(kept_.size(), 1u);
  EXPECT_FALSE(kept_[0]->over());
  kept_[0]->Finish("done");
  EXPECT_TRUE(kept_[0]->over());
  EXPECT_EQ(Receive(1), "done");
  EXPECT_EQ(gone_, 0);
}

TEST_F(CommandTableTest, BoundsWhatOneClientHasPending) {
  Say(1, "later");
  Say(2, "later");
  Say(3, "later");
  EXPECT_EQ(Receive(3), "failed: too many commands at once ([control] commands)");
  EXPECT_EQ(denied_,
            std::vector<std::string>{"later: too many commands at once ([control] commands)"});
  kept_[0]->Finish("");
  EXPECT_EQ(Receive(1), "");
  Say(4, "echo");
  EXPECT_EQ(Receive(4), ".") << "room again";
}

TEST_F(CommandTableTest, TellsWhoeverDropsItThatTheAskerWaits) {
  Say(1, "later");
  while (kept_.empty()) ASSERT_TRUE(loop_->RunOnce(5ms));
  kept_.clear();
  EXPECT_EQ(Receive(1), "failed: the daemon gave the command up");
}

TEST_F(CommandTableTest, TellsTheHandlerThatTheAskerHasGone) {
  Say(1, "later");
  while (kept_.empty()) ASSERT_TRUE(loop_->RunOnce(5ms));
  client_.reset();
  while (gone_ == 0) ASSERT_TRUE(loop_->RunOnce(5ms));
  EXPECT_TRUE(kept_[0]->over());
  kept_[0]->Write("nobody hears it");
  kept_[0]->Finish("nor this");
}

TEST_F(CommandTableTest, ACommandThatNeedsASocketGetsItAndNoOtherDoes) {
  std::optional<CommandSocket> got;
  table_.Add("listen", {.access = Access::kAdmin,
                        .run = {},
                        .run_with_socket = [&](const auto&, CommandSocket socket, auto answer) {
                          got = std::move(socket);
                          answer->Finish("listens");
                        }});
  const auto say_with_socket = [&](std::uint32_t request, const std::string& name) {
    UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    ASSERT_TRUE(
        client_->Send(Serialize(CommandWithSocket{{request, name, {}}}), std::move(listening)));
  };

  say_with_socket(1, "listen");
  EXPECT_EQ(Receive(1), "listens");
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->fd);
  EXPECT_EQ(got->uid, ::geteuid());
  Say(2, "listen");
  EXPECT_EQ(Receive(2), "failed: the command listen comes without the socket it needs");
  say_with_socket(3, "echo");
  EXPECT_EQ(Receive(3), "failed: the command echo takes no socket");
}

TEST_F(CommandTableTest, EndsAClientThatSendsNoCommandOrOneNumberTwice) {
  EXPECT_FALSE(session_->OnPacket(AsBytes("rubbish")));
  Secret twice = Serialize(Command{1, "later", {}});
  EXPECT_TRUE(session_->OnPacket(twice.view()));
  EXPECT_FALSE(session_->OnPacket(twice.view()));
}

// A child that connects as a user without rights, and stays until the test has looked.
class Stranger {
 public:
  static constexpr uid_t kUid = 54321;

  Stranger() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // An abstract name, which the kernel chooses.
    UniqueFd listening(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address.sun_family);
    ::listen(listening.get(), 1);
    socklen_t size = sizeof address;
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
    child_ = ::fork();
    if (child_ == 0) {
      int fd = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
      if (::setresuid(kUid, kUid, kUid) == 0)
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), size);
      ::pause();
    }
    ours_ = UniqueFd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  ~Stranger() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  UniqueFd Take() { return std::move(ours_); }

 private:
  pid_t child_ = -1;
  UniqueFd ours_;
};

TEST_F(CommandTableTest, RefusesWhoIsInNeitherGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  Stranger stranger;
  auto connection =
      *ControlConnection::Create(*loop_, ControlSocket(stranger.Take()), {nullptr, nullptr});
  CommandSession session(table_, *connection);
  EXPECT_TRUE(session.OnPacket(Serialize(Command{1, "echo", {}}).view()));
  EXPECT_TRUE(session.OnPacket(Serialize(Command{2, "later", {}}).view()));
  EXPECT_TRUE(kept_.empty());
  EXPECT_EQ(denied_, (std::vector<std::string>{"echo: uid 54321 is not in the group 4242",
                                               "later: uid 54321 is not in the group 4243"}));
}

// It waits for what it has started, by asking.
TEST_F(CommandTableTest, WhoMayChangeThingsMayAsk) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  Stranger stranger;
  auto connection =
      *ControlConnection::Create(*loop_, ControlSocket(stranger.Take()), {nullptr, nullptr});
  CommandSession session(table_, *connection);
  admin_group_ = std::to_string(::getegid());
  EXPECT_TRUE(session.OnPacket(Serialize(Command{1, "echo", {}}).view()));
  EXPECT_TRUE(denied_.empty());
}

TEST_F(CommandTableTest, SaysThatItTakesACommandUpBeforeItDoesIt) {
  table_.Add("long", {.run = [&](const auto&, SharedAnswer answer) {
               answer->TakeUp();
               kept_.push_back(std::move(answer));
             }});
  Say(1, "long");
  std::optional<CommandReply> reply;
  while (!reply) {
    ASSERT_TRUE(loop_->RunOnce(5ms));
    auto got = client_->Receive();
    ASSERT_TRUE(got);
    if (*got) reply = *Parse<CommandReply>((*got)->packet.view());
  }
  EXPECT_EQ(reply->kind, ReplyKind::kMore);
  kept_[0]->Finish("done");
  EXPECT_EQ(Receive(1), "done");
}

TEST_F(CommandTableTest, RefusedLogLevelLeavesAnEarlierOnesEnd) {
  LogLevelCommand log_level(*loop_, table_, [this] {
    ++gone_;
    return LogLevel::kInfo;
  });
  Say(1, "log-level", {"notice", "20"});
  EXPECT_NE(Receive(1).find("notice"), std::string::npos);
  Say(2, "log-level", {"debug", "999999999999"});
  EXPECT_EQ(Receive(2), "failed: a number of milliseconds is expected, a week at most");
  const TimePoint until = Now() + 10s;
  while (gone_ == 0 && Now() < until) ASSERT_TRUE(loop_->RunOnce(5ms));
  EXPECT_EQ(gone_, 1) << "back to the configured level";
}

}  // namespace
}  // namespace funnel::ipc
