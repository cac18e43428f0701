// Checks of real sockets, which the test plays.
#include <algorithm>
#include <array>

#include "common/seal/md5.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/service/backend/health_checker_fixture.h"
#include "tests/unit/tcpd/silent.h"

namespace funnel::service {
namespace {

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
