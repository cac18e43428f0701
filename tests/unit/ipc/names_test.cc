// Each test has its own /etc/passwd and /etc/group, in its own mount namespace.
#include "common/ipc/names.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "common/ipc/control_connection.h"
#include "common/ipc/credentials.h"

namespace funnel::ipc {
namespace {

// A user that no other test of this process has looked up.
constexpr uid_t kUid = 54399;

// fork() copies only the calling thread: a lock that another thread holds at that moment stays
// locked for ever in the child. Earlier tests left look-ups that end by themselves.
bool WaitUntilSingleThreaded() {
  const TimePoint end = Now() + std::chrono::seconds(10);
  for (;;) {
    const std::filesystem::directory_iterator threads("/proc/self/task");
    if (std::distance(begin(threads), std::filesystem::directory_iterator{}) == 1) return true;
    if (Now() > end) return false;
    ::poll(nullptr, 0, 1);
  }
}

class NamesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Runs TEST in a child whose files replace those in /etc; it returns what is wrong.
  std::string InChild(const std::function<std::string()>& test) {
    if (!WaitUntilSingleThreaded()) return "threads of other tests do not end";

    int answer[2];
    EXPECT_EQ(::pipe2(answer, O_CLOEXEC), 0);

    const pid_t child = ::fork();
    if (child == 0) {
      std::string wrong = "cannot mount";
      if (::unshare(CLONE_NEWNS) == 0 &&
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && Lay("passwd") &&
          Lay("group") && Lay("nsswitch.conf"))
        wrong = test();
      [[maybe_unused]] const ssize_t told = ::write(answer[1], wrong.data(), wrong.size());
      ::_exit(0);
    }

    ::close(answer[1]);
    UniqueFd in(answer[0]);
    std::string wrong;
    pollfd ready{in.get(), POLLIN, 0};
    char text[512];
    // A stuck child is the fault that these tests look for.
    if (::poll(&ready, 1, 20'000) != 1)
      wrong = "stuck";
    else if (const ssize_t size = ::read(in.get(), text, sizeof text); size > 0)
      wrong.assign(text, static_cast<std::size_t>(size));

    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    return wrong;
  }
  bool Lay(const std::string& file) {
    const std::string from = folder_ + "/" + file, to = "/etc/" + file;
    return !std::filesystem::exists(from) ||
           ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }
  void Write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ + "/" + file) << text;
  }

  std::string folder_ = testing::TempDir() + "/funnel-names-XXXXXX";
};

TEST_F(NamesTest, AUserMayBeInAnyNumberOfGroups) {
  Write("nsswitch.conf", "passwd: files\ngroup: files\n");
  Write("passwd", "root:x:0:0::/:/bin/sh\nalice:x:54399:54399::/:/bin/sh\n");
  std::string groups = "alice:x:54399:\n";
  for (int i = 0; i < 1000; ++i)
    groups += "g" + std::to_string(i) + ":x:" + std::to_string(60000 + i) + ":alice\n";
  // A group whose members need more than one read: each has a long name.
  groups += "funnel-read:x:70000:";
  for (int i = 0; i < 5000; ++i) groups += "somebody-with-a-long-name-" + std::to_string(i) + ",";
  Write("group", groups + "alice\nfunnel-admin:x:70001:bob\n");
  EXPECT_EQ(InChild([]() -> std::string {
              const PeerCredentials alice{.pid = 1, .uid = kUid, .gid = kUid};
              if (!RequireReader(alice, "g999")) return "not in her last group";
              if (!RequireReader(alice, "funnel-read")) return "not in the large group";
              if (RequireAdmin(alice, "funnel-admin")) return "in another's group";
              if (RequireAdmin(alice, "no-such-group")) return "in a group that is not there";
              return {};
            }),
            "");
}

TEST_F(NamesTest, AChangedGroupCountsFromTheNextConnectionOn) {
  Write("nsswitch.conf", "passwd: files\ngroup: files\n");
  Write("passwd", "alice:x:54399:54399::/:/bin/sh\n");
  Write("group", "funnel-read:x:70000:bob\n");
  EXPECT_EQ(InChild([this]() -> std::string {
              names::Watch("funnel-read");
              names::LookUp(kUid, kUid);
              const PeerCredentials alice{.pid = 1, .uid = kUid, .gid = kUid};
              if (RequireReader(alice, "funnel-read")) return "let in without being a member";
              Write("group", "funnel-read:x:70000:alice\n");
              if (RequireReader(alice, "funnel-read")) return "the name service was asked again";
              names::LookUp(kUid, kUid);
              if (!RequireReader(alice, "funnel-read")) return "not let in";
              return {};
            }),
            "");
}

// A child connects as another user, and stays.
void ConnectAs(uid_t uid, const sockaddr_un& address, socklen_t size) {
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t parent = ::getpid();
  if (::fork() != 0) {
    char byte;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    return;
  }
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  if (::setresuid(uid, uid, uid) == 0)
    ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
  // A change of uid would have cleared it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::write(ready[1], "x", 1) == 1 && ::getppid() == parent) ::pause();
  ::_exit(0);
}

// The name service does not answer: /etc/passwd is a pipe to which nobody writes.
TEST_F(NamesTest, ADirectoryThatHangsHoldsUpNobodyElse) {
  Write("nsswitch.conf", "passwd: files\ngroup: files\n");
  ASSERT_EQ(::mkfifo((folder_ + "/passwd").c_str(), 0644), 0);

  EXPECT_EQ(InChild([]() -> std::string {
              auto loop = *event::Loop::Create();
              sockaddr_un address{.sun_family = AF_UNIX};
              socklen_t size = sizeof address.sun_family;  // a name that the kernel chooses
              UniqueFd listening(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0));
              ::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size);
              ::listen(listening.get(), 8);
              size = sizeof address;
              ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
              std::vector<uid_t> seen;
              auto listener =
                  *ControlListener::Create(*loop, std::move(listening), [&](ForeignFd connection) {
                    auto who = ReadPeerCredentials(connection.get());
                    if (who) seen.push_back(who->uid);
                  });
              ConnectAs(kUid, address, size);
              UniqueFd root(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
              ::connect(root.get(), reinterpret_cast<sockaddr*>(&address), size);
              const TimePoint end = Now() + std::chrono::seconds(10);
              while (seen.empty() && Now() < end)
                if (!loop->RunOnce(std::chrono::milliseconds(20))) return "the loop ended";
              if (seen != std::vector<uid_t>{0}) return "root was not let in alone";
              return {};
            }),
            "");
}

}  // namespace
}  // namespace funnel::ipc
