// Clients that speak SOCKS, through the acceptor, to targets that the test plays.
#include "funnel-tcpd/socks/socks_gate.h"
#include "tests/unit/net/fake_names.h"
#include "tests/unit/tcpd/silent.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using namespace std::string_literals;

class SocksTest : public TunnelTest {
 protected:
  void SetUp() override {
    TunnelTest::SetUp();
    service_.protocol = config::Protocol::kSocks;
    service_.connect_address.clear();
    service_.connect_networks = {*config::Network::Parse("127.0.0.0/8")};
    service_.connect_ports = {{1, 65535}};
  }
  void StartSocks() {
    Start();
    gate_.emplace(*client_shared_, [this](Connection connection) {
      if (!client_pump_->Open(connection)) refused_.push_back(std::move(connection));
    });
    acceptor_.emplace(*client_shared_,
                      [this](Connection connection) { gate_->Add(std::move(connection)); });
    UniqueFd listener = Listen("127.0.0.1");
    client_address_ = BoundAddress(listener.get());
    ASSERT_TRUE(acceptor_->Add(std::move(listener)));
    client_ = ConnectTo(client_address_);
  }
  [[nodiscard]] std::uint16_t BackendPort() { return BoundAddress(backend_listener_.get()).port(); }
  // The backend's, which is not there any more.
  [[nodiscard]] std::uint16_t FreePort() {
    const std::uint16_t port = BackendPort();
    backend_listener_.reset();
    return port;
  }
  static std::string Port(std::uint16_t port) {
    return {static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
  }
  static std::string ToName(const std::string& name, std::uint16_t port) {
    return "\5\1\0\3"s + static_cast<char>(name.size()) + name + Port(port);
  }
  static std::string ToLoopback(std::uint16_t port) { return "\5\1\0\1\x7f\0\0\1"s + Port(port); }
  // Says REQUEST behind the greeting, and expects the reply CODE to it, with which the connection
  // ends unless it is 0.
  void Ask(const std::string& request, int code) {
    SendText(client_, "\5\1\0"s);
    EXPECT_TRUE(ReadsText(client_, at_client_, "\5\0"s));
    SendText(client_, request);
    ASSERT_TRUE(Until([&] {
      at_client_.Poll(client_.get());
      return at_client_.text.size() >= 12 || at_client_.state != ReadState::kOpen;
    }));
    ASSERT_EQ(at_client_.text.size(), 12u);
    EXPECT_EQ(at_client_.text.substr(2, 2), "\5"s + static_cast<char>(code));
    if (code == 0) return;
    EXPECT_EQ(at_client_.text.substr(4), "\0\1\0\0\0\0\0\0"s);
    EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kEnd));
    EXPECT_TRUE(Until([&] { return client_shared_->limit.taken() == 0; }));
    EXPECT_EQ(server_shared_->limit.taken(), 0u);
  }
  [[nodiscard]] bool IsReset() { return ReadsUntil(client_, at_client_, ReadState::kReset); }

  std::optional<SocksGate> gate_;
};

TEST_F(SocksTest, AClientIsConnectedToTheAddressThatItNames) {
  StartSocks();
  Ask(ToLoopback(BackendPort()), 0);
  backend_end_ = AcceptAtBackend();
  // BND is the far end's own socket.
  EXPECT_EQ(at_client_.text.substr(5, 5), "\1\x7f\0\0\1"s);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  getpeername(backend_end_.get(), reinterpret_cast<sockaddr*>(&peer), &size);
  EXPECT_EQ(at_client_.text.substr(10), Port(ntohs(peer.sin_port)));

  SendText(client_, "question");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "question"));
  at_client_ = {};
  SendText(backend_end_, "answer");
  EXPECT_TRUE(ReadsText(client_, at_client_, "answer"));
}

TEST_F(SocksTest, WhatAClientSendsEarlyIsNotLost) {
  StartSocks();
  SendText(client_, "\5\1\0"s + ToLoopback(BackendPort()) + "early");
  backend_end_ = AcceptAtBackend();
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "early"));
  SendText(backend_end_, "answer");
  EXPECT_TRUE(Until([&] {
    at_client_.Poll(client_.get());
    return at_client_.text.size() == 2 + 10 + 6;
  }));
  EXPECT_EQ(at_client_.text.substr(12), "answer");
}

TEST_F(SocksTest, ARequestMayComeByteByByte) {
  StartSocks();
  for (const char byte : "\5\2\1\0"s + ToLoopback(BackendPort())) {
    SendText(client_, std::string(1, byte));
    EXPECT_TRUE(loop_->RunOnce(std::chrono::milliseconds(1)));
  }
  backend_end_ = AcceptAtBackend();
  EXPECT_EQ(AtClient(kSocksRequestsWaiting), 0u);
}

TEST_F(SocksTest, NamesAreLookedUpAtTheFarEnd) {
  net::SetFakeName("target.example", {"127.0.0.1"});
  StartSocks();
  Ask(ToName("target.example", BackendPort()), 0);
  backend_end_ = AcceptAtBackend();
  std::vector<std::string> shown;
  server_pump_->Visit([&](SessionPump::View&& view) { shown.push_back(view.backend); });
  const std::string port = std::to_string(BackendPort());
  EXPECT_EQ(shown, std::vector{"target.example:" + port + " (127.0.0.1:" + port + ')'});
  shown.clear();
  client_pump_->Visit([&](SessionPump::View&& view) { shown.push_back(view.backend); });
  EXPECT_EQ(shown, std::vector{"target.example:" + port});
}

// A name that also has a forbidden address must not lead there, nor keep clients from the others.
TEST_F(SocksTest, OfANameOnlyAllowedAddressesAreTried) {
  net::SetFakeName("both.example", {"127.0.0.2", "127.0.0.1"});
  service_.connect_networks = {*config::Network::Parse("127.0.0.1")};
  const UniqueFd forbidden = [&] {
    SocketAddress address = *SocketAddress::FromLiteral("127.0.0.2", BackendPort());
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
  }();
  StartSocks();
  Ask(ToName("both.example", BackendPort()), 0);
  backend_end_ = AcceptAtBackend();
  EXPECT_FALSE(AcceptFrom(forbidden.get()));
}

TEST_F(SocksTest, WhatNetworksDoNotHaveIsNotAllowed) {
  service_.connect_networks = {*config::Network::Parse("0.0.0.0/0")};
  StartSocks();
  Ask(ToLoopback(BackendPort()), 2);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
  EXPECT_EQ(AtServer(kTargetsNotAllowed), 1u);
  EXPECT_EQ(AtClient(kTargetsNotConnected), 1u);
}

TEST_F(SocksTest, ANameOfAForbiddenAddressIsNotAllowed) {
  net::SetFakeName("inside.example", {"127.0.0.1"});
  service_.connect_networks = {*config::Network::Parse("0.0.0.0/0")};
  StartSocks();
  Ask(ToName("inside.example", BackendPort()), 2);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

TEST_F(SocksTest, APortThatIsNotListedIsNotAllowedAndNothingIsLookedUp) {
  service_.connect_ports = {{1, 1}};
  StartSocks();
  Ask(ToName("unknown.example", BackendPort()), 2);
  EXPECT_EQ(AtServer(kTargetsNotAllowed), 1u);
  EXPECT_EQ(AtServer(kTargetsUnknown), 0u);
}

TEST_F(SocksTest, ANameWithoutAnAddressIsUnreachable) {
  StartSocks();
  Ask(ToName("no-such-name.invalid", BackendPort()), 4);
  EXPECT_EQ(AtServer(kTargetsUnknown), 1u);
}

TEST_F(SocksTest, ATargetThatRefusesIsToldApart) {
  const std::uint16_t port = FreePort();
  StartSocks();
  Ask(ToLoopback(port), 5);
  EXPECT_EQ(AtServer(kConnectFailed), 1u);
}

TEST_F(SocksTest, ATargetThatIsSilentIsUnreachable) {
  const Silent silent("127.0.0.1", FreePort());
  service_.connect_timeout = std::chrono::milliseconds(200);
  StartSocks();
  Ask(ToLoopback(BoundAddress(silent.listener.get()).port()), 4);
  EXPECT_EQ(AtServer(kConnectTimeouts), 1u);
}

TEST_F(SocksTest, AClientWhoseChannelIsLostLearnsIt) {
  const Silent silent("127.0.0.1", FreePort());
  StartSocks();
  SendText(client_, "\5\1\0"s + ToLoopback(BoundAddress(silent.listener.get()).port()));
  EXPECT_TRUE(Until([&] { return client_pump_->size() == 1; }));
  client_pump_->ResetAll();
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kEnd));
  EXPECT_EQ(at_client_.text, "\5\0\5\1\0\1\0\0\0\0\0\0"s);
}

TEST_F(SocksTest, OnlyConnectIsSupported) {
  StartSocks();
  Ask("\5\3\0\1\0\0\0\0\0\0"s + Port(1), 7);
  EXPECT_EQ(AtClient(kSocksRequestsUnsupported), 1u);
}

TEST_F(SocksTest, AnUnknownTypeOfAddressIsRefusedAlthoughMoreFollows) {
  StartSocks();
  Ask("\5\1\0\2"s + std::string(3000, 'x'), 8);
  EXPECT_EQ(AtClient(kSocksRequestsUnsupported), 1u);
}

TEST_F(SocksTest, WhoInsistsOnAnAuthenticationIsRefused) {
  StartSocks();
  SendText(client_, "\5\1\2"s);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kEnd));
  EXPECT_EQ(at_client_.text, "\5\xff");
  EXPECT_EQ(AtClient(kSocksRequestsBad), 1u);
}

TEST_F(SocksTest, WhatIsNotSocksIsReset) {
  StartSocks();
  SendText(client_, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kSocksRequestsBad), 1u);
  EXPECT_EQ(client_shared_->limit.taken(), 0u);
}

TEST_F(SocksTest, ARequestThatDoesNotComeInTimeIsReset) {
  service_.request_wait = std::chrono::milliseconds(50);
  StartSocks();
  SendText(client_, "\5"s);
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kSocksRequestsLate), 1u);
  EXPECT_EQ(client_shared_->limit.taken(), 0u);
}

TEST_F(SocksTest, AConnectionWithoutAByteIsNoFault) {
  StartSocks();
  client_.reset();
  EXPECT_TRUE(Until([&] { return AtClient(kSocksRequestsNone) == 1; }));
  EXPECT_EQ(AtClient(kSocksRequestsBad), 0u);
}

TEST_F(SocksTest, ASessionWithoutATargetIsConnectedToNothing) {
  StartSocks();
  server_pump_->OnSessionOpened(SessionId(7), {"192.0.2.1:1", "192.0.2.2:2"});
  EXPECT_EQ(server_pump_->size(), 0u);
}

using NoSocksTest = TunnelTest;

TEST_F(NoSocksTest, ATargetIsNotConnectedToByAServiceThatHasBackends) {
  Start();
  server_pump_->OnSessionOpened(
      SessionId(7), {.client = "", .local = "", .target = wire::Target{"127.0.0.1", 1}});
  EXPECT_EQ(server_pump_->size(), 0u);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

}  // namespace
}  // namespace funnel::tcpd
