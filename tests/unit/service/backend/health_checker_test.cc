// Checks of real sockets, which the test plays.
#include "common/service/backend/health_checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "common/seal/md5.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/tcpd/silent.h"

namespace funnel::service {
namespace {

using namespace std::chrono_literals;
using config::HealthCheck;
using tcpd::AcceptFrom;
using tcpd::BoundAddress;

class HealthCheckerTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kDeadline{20};

  HealthCheckerTest() {
    service_.check_every = 50ms;
    service_.check_timeout = 50ms;
  }

  void Start(config::Protocol protocol, const std::string& check, const std::string& expect,
             const std::vector<std::string>& backends) {
    service_.protocol = protocol;
    service_.check = *HealthCheck::Parse(check);
    if (!expect.empty()) service_.check_expect = *config::WrittenBytes::Parse(expect);
    service_.connect_address.clear();
    for (const std::string& line : backends)
      service_.connect_address.push_back(*config::Backend::Parse(line));
    pool_.Configure(service_);
    checker_.Configure(pool_, preface_);
  }
  template <typename Condition>
  [[nodiscard]] bool Until(Condition condition) {
    const TimePoint end = Now() + kDeadline;
    while (!condition()) {
      if (Now() > end) return false;
      EXPECT_TRUE(loop_->RunOnce(5ms));
    }
    return true;
  }
  // What the next check says: "passed", or why not.
  std::string Next() {
    said_.clear();
    EXPECT_TRUE(Until([&] { return !said_.empty(); }));
    return said_;
  }
  [[nodiscard]] UniqueFd Accepted(const UniqueFd& listener) {
    UniqueFd fd;
    EXPECT_TRUE(Until([&] {
      fd = AcceptFrom(listener.get());
      return bool(fd);
    }));
    return fd;
  }
  // What comes on FD until it has WHOLE of it.
  [[nodiscard]] bool Gets(const UniqueFd& fd, std::string_view whole) {
    tcpd::Reader reader;
    return Until([&] {
      reader.Poll(fd.get());
      return reader.text == whole;
    });
  }
  static UniqueFd BindDatagram() {
    const SocketAddress address = *SocketAddress::FromLiteral("127.0.0.1", 0);
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0);
    return fd;
  }
  // Receives a datagram and answers with what MAKE makes of it, by the socket BY if there is one.
  template <typename Make>
  void Answer(const UniqueFd& fd, Make make, const UniqueFd* by = nullptr) {
    Bytes asked(512);
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    ssize_t got = -1;
    ASSERT_TRUE(Until([&] {
      size = sizeof from;
      got = recvfrom(fd.get(), asked.data(), asked.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     &size);
      return got >= 0;
    }));
    asked.resize(static_cast<std::size_t>(got));
    const Bytes answer = make(asked);
    ASSERT_EQ(sendto(by != nullptr ? by->get() : fd.get(), answer.data(), answer.size(), 0,
                     reinterpret_cast<const sockaddr*>(&from), size),
              static_cast<ssize_t>(answer.size()));
  }

  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  std::unique_ptr<event::EpollSet> sockets_ = *event::EpollSet::Create(*loop_);
  config::ServiceConfig service_;
  BackendPool pool_;
  Bytes preface_;
  std::string said_;
  std::vector<BackendId> asked_;
  HealthChecker checker_{*loop_, *sockets_, service_,
                         [this](BackendId backend, const Result<>& result) {
                           said_ = result ? "passed" : result.error().message;
                           asked_.push_back(backend);
                         }};
};

std::string Text(const SocketAddress& address) { return address.text(); }

TEST_F(HealthCheckerTest, NothingRunsWithoutACheck) {
  Start(config::Protocol::kTcp, "none", "", {"127.0.0.1:1"});
  EXPECT_TRUE(loop_->RunOnce(100ms));
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(sockets_->size(), 0u);
}

TEST_F(HealthCheckerTest, AConnectionPassesAndARefusalFails) {
  UniqueFd listener = tcpd::Listen("127.0.0.1");
  const SocketAddress address = BoundAddress(listener.get());
  Start(config::Protocol::kTcp, "connect", "", {Text(address)});
  EXPECT_EQ(Next(), "passed");
  EXPECT_EQ(Next(), "passed") << "it goes on";
  const UniqueFd taken = Accepted(listener);
  tcpd::Reader reader;
  EXPECT_TRUE(Until([&] {
    reader.Poll(taken.get());
    return reader.state == tcpd::ReadState::kEnd;
  })) << "the connection ends in good order";
  listener.reset();
  EXPECT_EQ(Next(), "cannot connect: Connection refused");
}

TEST_F(HealthCheckerTest, AUnixSocketIsCheckedToo) {
  const std::string path = testing::TempDir() + "/checked.sock";
  unlink(path.c_str());
  Start(config::Protocol::kTcp, "connect", "", {"unix:" + path});
  EXPECT_EQ(Next(), "cannot connect: No such file or directory");
  const UniqueFd listener = tcpd::ListenUnix(path);
  EXPECT_EQ(Next(), "passed");
}

TEST_F(HealthCheckerTest, ABackendThatHangsFailsInTime) {
  service_.check_every = kDeadline;
  const UniqueFd listener = tcpd::Listen("127.0.0.1");
  Start(config::Protocol::kTcp, "text:PING", "", {Text(BoundAddress(listener.get()))});
  EXPECT_EQ(Next(), "no answer within check-timeout");
  EXPECT_EQ(sockets_->size(), 0u) << "nothing of it is left";
  const tcpd::Silent silent("127.0.0.2", BoundAddress(listener.get()).port());
  Start(config::Protocol::kTcp, "connect", "",
        {"127.0.0.2:" + std::to_string(BoundAddress(listener.get()).port())});
  EXPECT_EQ(Next(), "no connection within check-timeout");
}

TEST_F(HealthCheckerTest, AStreamsAnswerMayComeInParts) {
  service_.check_every = service_.check_timeout = kDeadline;
  const UniqueFd listener = tcpd::Listen("127.0.0.1");
  preface_ = {'h', '\n'};
  Start(config::Protocol::kTcp, "text:PING", "text:+PONG", {Text(BoundAddress(listener.get()))});
  const UniqueFd peer = Accepted(listener);
  EXPECT_TRUE(Gets(peer, "h\nPING"));
  ASSERT_EQ(send(peer.get(), "+PO", 3, MSG_NOSIGNAL), 3);
  EXPECT_TRUE(loop_->RunOnce(20ms));
  EXPECT_TRUE(asked_.empty());
  ASSERT_EQ(send(peer.get(), "NG and more", 11, MSG_NOSIGNAL), 11);
  EXPECT_EQ(Next(), "passed");
}

TEST_F(HealthCheckerTest, AWrongOrMissingAnswerOfAStreamFailsAtOnce) {
  service_.check_timeout = 50s;
  service_.check_every = 50s;
  const UniqueFd listener = tcpd::Listen("127.0.0.1");
  const std::vector<std::string> backends{Text(BoundAddress(listener.get()))};
  Start(config::Protocol::kTcp, "connect", "text:220", backends);
  {
    const UniqueFd peer = Accepted(listener);
    ASSERT_EQ(send(peer.get(), "421", 3, MSG_NOSIGNAL), 3);
    EXPECT_EQ(Next(), "the answer is not what check-expect says");
  }
  Start(config::Protocol::kTcp, "connect", "text:220", backends);
  (void)Accepted(listener);
  EXPECT_EQ(Next(), "closed the connection without an answer");
}

TEST_F(HealthCheckerTest, DatagramsAreAnsweredOrRefused) {
  service_.check_timeout = service_.check_every = 10s;
  UniqueFd backend = BindDatagram();
  const std::vector<std::string> backends{Text(BoundAddress(backend.get()))};
  Start(config::Protocol::kUdp, "hex:01", "hex:0203", backends);
  Answer(backend, [](const Bytes& asked) {
    EXPECT_EQ(asked, Bytes{1});
    return Bytes{2, 3, 4};
  });
  EXPECT_EQ(Next(), "passed");

  Start(config::Protocol::kUdp, "hex:01", "hex:0203", backends);
  Answer(backend, [](const Bytes&) { return Bytes{2}; });
  EXPECT_EQ(Next(), "the answer is not what check-expect says");

  backend.reset();
  Start(config::Protocol::kUdp, "hex:01", "hex:0203", backends);
  EXPECT_EQ(Next(), "no answer: Connection refused");
}

TEST_F(HealthCheckerTest, AnotherPortOfTheBackendMayAnswer) {
  service_.check_timeout = service_.check_every = 10s;
  service_.backend_port = config::PortRule::kAny;
  UniqueFd backend = BindDatagram();
  const UniqueFd other = BindDatagram();
  const std::vector<std::string> backends{Text(BoundAddress(backend.get()))};
  Start(config::Protocol::kUdp, "hex:01", "hex:02", backends);
  Answer(backend, [](const Bytes&) { return Bytes{2}; }, &other);
  EXPECT_EQ(Next(), "passed");

  backend.reset();
  Start(config::Protocol::kUdp, "hex:01", "hex:02", backends);
  EXPECT_EQ(Next(), "no answer: Connection refused");
}

TEST_F(HealthCheckerTest, ADnsServerAnswersItsQuery) {
  service_.check_timeout = service_.check_every = 10s;
  const UniqueFd backend = BindDatagram();
  Start(config::Protocol::kUdp, "dns", "", {Text(BoundAddress(backend.get()))});
  Answer(backend, [](Bytes asked) {
    asked[2] = 0x81;
    asked[3] = 0x80;
    return asked;
  });
  EXPECT_EQ(Next(), "passed");
}

TEST_F(HealthCheckerTest, ARadiusServerSignsWithTheSecretOfTheFile) {
  const TempDir folder;
  service_.check_secret_file = folder.Path("secret");
  service_.check_timeout = service_.check_every = 10s;
  const UniqueFd backend = BindDatagram();
  const std::vector<std::string> backends{Text(BoundAddress(backend.get()))};
  const auto accept = [](const Bytes& asked) {
    Bytes out = {2, asked[1], 0, 20};
    out.insert(out.end(), asked.begin() + 4, asked.begin() + 20);
    std::ranges::copy(seal::Md5({out, AsBytes("right")}), out.begin() + 4);
    return out;
  };

  folder.Write("secret", "right\n");
  Start(config::Protocol::kUdp, "radius", "", backends);
  Answer(backend, accept);
  EXPECT_EQ(Next(), "passed");
  folder.Write("secret", "wrong\n");
  Start(config::Protocol::kUdp, "radius", "", backends);
  Answer(backend, accept);
  EXPECT_EQ(Next(), "the answer is not signed with the secret of check-secret-file");

  folder.Write("secret", "");
  Start(config::Protocol::kUdp, "radius", "", backends);
  EXPECT_EQ(Next(), "check-secret-file: " + folder.Path("secret") + " is empty");
  EXPECT_EQ(sockets_->size(), 0u);
}

TEST_F(HealthCheckerTest, OfANameOneAddressMustPass) {
  service_.check_every = service_.check_timeout = 5s;
  const UniqueFd listener = tcpd::Listen("127.0.0.1");
  Start(config::Protocol::kTcp, "connect", "",
        {"localhost:" + std::to_string(BoundAddress(listener.get()).port())});
  EXPECT_EQ(Next(), "passed") << "whether or not ::1 comes first";
  Start(config::Protocol::kTcp, "connect", "", {"nothing.invalid:1"});
  EXPECT_NE(Next(), "passed");
}

TEST_F(HealthCheckerTest, AllOfAServiceHaveTheirTurns) {
  Start(config::Protocol::kTcp, "connect", "", {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"});
  ASSERT_TRUE(Until([&] {
    return std::ranges::all_of(std::array{1u, 2u, 3u}, [&](std::uint64_t id) {
      return std::ranges::count(asked_, BackendId(id)) >= 2;
    });
  }));
  EXPECT_EQ(asked_.front(), BackendId(1));
  checker_.Stop();
  asked_.clear();
  EXPECT_TRUE(loop_->RunOnce(100ms));
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace funnel::service
