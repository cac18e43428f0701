// The test's own service manager keeps the sockets, and passes them to the "restarted" daemon.
#include "funnel-sctpd/daemon/udp_sockets.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <mutex>
#include <string>
#include <thread>

#include "common/base/log.h"
#include "common/event/notify.h"

namespace funnel::sctpd {
namespace {

// Receives sd_notify(3) on an abstract socket, and keeps what comes with FDSTORE=1.
class Manager {
 public:
  Manager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    std::string name(address.sun_path + 1, size - sizeof(sa_family_t) - 1);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::shutdown(fd_.get(), SHUT_RD);
    thread_.join();
  }
  // As after a restart.
  event::ListenFds Passed() {
    Sync();
    const std::lock_guard lock(mutex_);
    std::vector<event::ListenFds::Named> sockets;
    for (const UniqueFd& fd : kept_)
      sockets.push_back({std::string(kStoredUdp), UniqueFd(::dup(fd.get()))});
    return event::ListenFds(std::move(sockets));
  }
  std::size_t kept() {
    Sync();
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }

 private:
  void Serve() {
    char text[4096];
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
    for (;;) {
      iovec vector{text, sizeof text - 1};
      msghdr header{.msg_name = nullptr,
                    .msg_namelen = 0,
                    .msg_iov = &vector,
                    .msg_iovlen = 1,
                    .msg_control = control,
                    .msg_controllen = sizeof control,
                    .msg_flags = 0};

      ssize_t size = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC);
      if (size <= 0) return;
      text[size] = '\0';

      std::vector<UniqueFd> came;
      for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at))
        for (std::size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= at->cmsg_len; ++i)
          came.emplace_back(reinterpret_cast<int*>(CMSG_DATA(at))[i]);
      Take(text, std::move(came));
    }
  }
  void Take(std::string_view text, std::vector<UniqueFd> came) {
    const std::lock_guard lock(mutex_);
    if (text.starts_with("FDSTORE=1\n"))
      for (UniqueFd& fd : came) kept_.push_back(std::move(fd));
    if (text.starts_with("FDSTOREREMOVE=1\nFDNAME=stored-udp")) kept_.clear();
    // BARRIER=1: closing the descriptor that came with it is the answer.
  }
  // Waits until everything that was sent has been read.
  static void Sync() { event::ForgetStored("nothing"); }

  UniqueFd fd_;
  std::mutex mutex_;  // guards kept_
  std::vector<UniqueFd> kept_;
  std::thread thread_;
};

ino_t InodeOf(const UniqueFd& fd) {
  struct stat about{};
  EXPECT_EQ(::fstat(fd.get(), &about), 0);
  return about.st_ino;
}

class UdpSocketsTest : public testing::Test {
 protected:
  UdpSocketsTest() {
    SetLogLevel(LogLevel::kError);
    // A free port.
    UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(any.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(any.get(), reinterpret_cast<sockaddr*>(&address), &size);
    config_.udp_port = ntohs(address.sin_port);
    ListenOn({"127.0.0.1"});
  }
  void ListenOn(std::initializer_list<const char*> hosts) {
    config_.listen.clear();
    for (const char* host : hosts)
      config_.listen.push_back(*SocketAddress::FromLiteral(host, config_.udp_port));
  }

  config::SctpConfig config_;
  Manager manager_;
};

TEST_F(UdpSocketsTest, ARestartKeepsTheSocketAndWhatIsInIt) {
  event::ListenFds none({});
  ino_t before;
  {
    auto first = OwnUdpSockets(config_, none);
    ASSERT_TRUE(first) << first.error().message;
    ASSERT_EQ(first->size(), 1u);
    before = InodeOf(first->front());
    ASSERT_EQ(::sendto(first->front().get(), "x", 1, 0, config_.listen[0].data(),
                       config_.listen[0].size()),
              1);
  }

  auto passed = manager_.Passed();
  auto second = OwnUdpSockets(config_, passed);
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_EQ(second->size(), 1u);
  EXPECT_EQ(InodeOf(second->front()), before);

  char byte = 0;
  EXPECT_EQ(::recv(second->front().get(), &byte, 1, MSG_DONTWAIT), 1);
  EXPECT_EQ(manager_.kept(), 1u);
  EXPECT_TRUE(passed.RequireAllTaken());
}

TEST_F(UdpSocketsTest, AnotherAddressIsBoundAnewOnTheSamePort) {
  event::ListenFds none({});
  {
    ASSERT_TRUE(OwnUdpSockets(config_, none));
  }
  ListenOn({"0.0.0.0"});
  auto passed = manager_.Passed();
  auto second = OwnUdpSockets(config_, passed);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(BoundAddress(second->front().get()), "0.0.0.0:" + std::to_string(config_.udp_port));
  EXPECT_EQ(manager_.kept(), 1u);
}

TEST_F(UdpSocketsTest, EachOfSeveralAddressesIsKept) {
  ListenOn({"127.0.0.1", "::1"});
  event::ListenFds none({});
  {
    ASSERT_TRUE(OwnUdpSockets(config_, none));
  }
  auto passed = manager_.Passed();
  auto second = OwnUdpSockets(config_, passed);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->size(), 2u);
  EXPECT_EQ(manager_.kept(), 2u);
}

TEST_F(UdpSocketsTest, AnEngineWithoutSocketsGivesThemUp) {
  event::ListenFds none({});
  {
    ASSERT_TRUE(OwnUdpSockets(config_, none));
  }
  auto passed = manager_.Passed();
  EXPECT_TRUE(ForgetUdpSockets(passed));
  EXPECT_EQ(manager_.kept(), 0u);
  EXPECT_TRUE(passed.RequireAllTaken());
}

}  // namespace
}  // namespace funnel::sctpd
