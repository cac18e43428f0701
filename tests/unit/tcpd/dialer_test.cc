#include <dlfcn.h>

#include "common/base/text.h"
#include "funnel-tcpd/socket_options.h"
#include "tests/unit/net/fake_names.h"
#include "tests/unit/tcpd/silent.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace {

int unix_connects = 0;

}  // namespace

extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  using Call = int (*)(int, const sockaddr*, socklen_t);
  static const auto real = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "connect"));
  if (address->sa_family == AF_UNIX) ++unix_connects;
  return real(fd, address, size);
}

namespace funnel::tcpd {
namespace {

using DialerTest = TunnelTest;

// The signature, command and family of a header for IPv4: 16 bytes, followed by 12 of addresses.
constexpr std::size_t kHeaderBytes = 28;

std::string HeaderHex(const Reader& reader) {
  return HexEncode(AsBytes(reader.text)).substr(0, 2 * kHeaderBytes);
}

TEST_F(DialerTest, GivesTheBackendTheClientsAddress) {
  service_.proxy_protocol = config::ProxyProtocol::kV2;
  service_.client_networks = {*config::Network::Parse("127.0.0.0/8")};
  Start();
  ConnectBoth();
  SendText(client_, "hello");
  EXPECT_TRUE(Until([&] {
    at_backend_.Poll(backend_end_.get());
    return at_backend_.text.size() == kHeaderBytes + 5;
  }));
  ByteWriter ports;
  ports.U16(BoundAddress(client_.get()).port()).U16(client_address_.port());
  EXPECT_EQ(HeaderHex(at_backend_),
            "0d0a0d0a000d0a515549540a2111000c7f0000017f000001" + HexEncode(ports.bytes()));
  EXPECT_EQ(at_backend_.text.substr(kHeaderBytes), "hello");
}

TEST_F(DialerTest, GivesTheBackendALineOfText) {
  service_.proxy_protocol = config::ProxyProtocol::kV1;
  service_.client_networks = {*config::Network::Parse("127.0.0.0/8")};
  Start();
  ConnectBoth();
  SendText(client_, "hello");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_,
                        "PROXY TCP4 127.0.0.1 127.0.0.1 " +
                            std::to_string(BoundAddress(client_.get()).port()) + ' ' +
                            std::to_string(client_address_.port()) + "\r\nhello"));
}

TEST_F(DialerTest, GivesTheBackendWhoOpenedTheChannel) {
  service_.proxy_protocol = config::ProxyProtocol::kV2Tlv;
  service_.client_networks = {*config::Network::Parse("127.0.0.0/8")};
  Start();
  ConnectBoth();
  SendText(client_, "hello");
  const std::string tlvs("\xE0\0\x0Dtest/hoster@R\xE1\0\0\xE2\0\4testhello", 31);
  EXPECT_TRUE(Until([&] {
    at_backend_.Poll(backend_end_.get());
    return at_backend_.text.size() == kHeaderBytes + tlvs.size();
  }));
  EXPECT_EQ(at_backend_.text.substr(kHeaderBytes), tlvs);
}

TEST_F(DialerTest, ResetsClientsWhoseAddressMayNotBeClaimed) {
  service_.proxy_protocol = config::ProxyProtocol::kV2;
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kClientsNotAllowed), 1u);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

TEST_F(DialerTest, GivesItToAUnixBackendToo) {
  const std::string path = ::testing::TempDir() + "/tcpd-backend.sock";
  unlink(path.c_str());
  backend_listener_ = ListenUnix(path);
  service_.connect_address = {*config::Backend::Parse("unix:" + path)};
  service_.proxy_protocol = config::ProxyProtocol::kV2;
  service_.client_networks = {*config::Network::Parse("127.0.0.0/8")};
  Start();
  ConnectBoth();
  EXPECT_TRUE(Until([&] {
    at_backend_.Poll(backend_end_.get());
    return at_backend_.text.size() == kHeaderBytes;
  }));
  SendText(backend_end_, "answer");
  EXPECT_TRUE(ReadsText(client_, at_client_, "answer"));
  unlink(path.c_str());
}

TEST_F(DialerTest, WaitsForAUnixBackendWhoseBacklogIsFull) {
  const std::string path = ::testing::TempDir() + "/tcpd-busy.sock";
  unlink(path.c_str());
  backend_listener_ = ListenUnix(path);
  service_.connect_address = {*config::Backend::Parse("unix:" + path)};
  Start();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(ConnectTo(client_address_));
  EXPECT_TRUE(Until([&] { return server_pump_->size() == clients.size(); }));
  std::vector<UniqueFd> accepted;
  for (std::size_t i = 0; i < clients.size(); ++i) accepted.push_back(AcceptAtBackend());
  EXPECT_EQ(AtServer(kConnectFailed), 0u);
  unlink(path.c_str());
}

TEST_F(DialerTest, ResolvesNamesOffTheLoop) {
  service_.connect_address[0].endpoint.host = "localhost";
  Start();
  ConnectBoth();
  SendText(client_, "by name");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "by name"));
}

TEST_F(DialerTest, UnknownNameResetsTheClient) {
  service_.connect_address[0].endpoint.host = "no-such-host.invalid";
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
}

TEST_F(DialerTest, SilentBackendTimesOut) {
  // A full backlog drops further handshakes: connecting to it does not end by itself.
  backend_listener_ = Listen("127.0.0.1", /*backlog=*/0);
  const SocketAddress silent = BoundAddress(backend_listener_.get());
  service_.connect_address = {*config::Backend::Parse(silent.text())};
  service_.connect_timeout = std::chrono::milliseconds(200);
  Start();
  const UniqueFd filler = ConnectTo(silent);
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kConnectTimeouts), 1u);
}

TEST_F(DialerTest, ClientThatLeavesStopsTheDial) {
  backend_listener_ = Listen("127.0.0.1", /*backlog=*/0);
  const SocketAddress silent = BoundAddress(backend_listener_.get());
  service_.connect_address = {*config::Backend::Parse(silent.text())};
  Start();
  const UniqueFd filler = ConnectTo(silent);
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return server_pump_->size() == 1; }));
  CloseWithReset(std::move(client_));
  EXPECT_TRUE(Until([&] { return server_pump_->size() == 0; }));
  EXPECT_EQ(server_shared_->limit.taken(), 0u);
}

TEST_F(DialerTest, TriesTheNextAddressInParallelToASilentOne) {
  const std::uint16_t port = BoundAddress(backend_listener_.get()).port();
  const Silent silent("127.0.0.2", port);
  net::SetFakeName("backend.test", {"127.0.0.2", "127.0.0.1"});
  service_.connect_address[0].endpoint.host = "backend.test";
  service_.connect_timeout = std::chrono::minutes(1);
  service_.attempt_delay = std::chrono::milliseconds(20);
  Start();
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  EXPECT_EQ(AtServer(kConnectFailed) + AtServer(kConnectTimeouts), 0u);
  net::SetFakeName("backend.test", {});
}

// The delay alone would exceed the whole time.
TEST_F(DialerTest, EveryAddressHasItsTurnWithinConnectTimeout) {
  const std::uint16_t port = BoundAddress(backend_listener_.get()).port();
  const Silent first("127.0.0.2", port), second("127.0.0.3", port);
  net::SetFakeName("backend.test", {"127.0.0.2", "127.0.0.3", "127.0.0.1"});
  service_.connect_address[0].endpoint.host = "backend.test";
  service_.connect_timeout = std::chrono::seconds(2);
  service_.attempt_delay = std::chrono::minutes(1);
  Start();
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  net::SetFakeName("backend.test", {});
}

TEST_F(DialerTest, ABackendThatRefusesIsReportedUntilItTakesAConnection) {
  Start();
  EXPECT_EQ(AtServer(kBackendFailingSince), 0u);
  const SocketAddress address = BoundAddress(backend_listener_.get());
  backend_listener_.reset();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kConnectFailed), 1u);
  EXPECT_NE(AtServer(kBackendFailingSince), 0u);
  backend_listener_.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(backend_listener_.get(), address.data(), address.size()), 0);
  ASSERT_EQ(listen(backend_listener_.get(), 10), 0);
  ConnectBoth();
  // The backend's end is connected before the dialer learns that its own end is.
  EXPECT_TRUE(Until([&] { return AtServer(kBackendFailingSince) == 0; }));
}

// If many dials wait for room in a Unix backlog, one at a time tries.
TEST_F(DialerTest, ThoseThatWaitForAUnixBackendAskInTurn) {
  constexpr int kDials = 500;
  const std::string path = ::testing::TempDir() + "/tcpd-many.sock";
  unlink(path.c_str());
  backend_listener_ = ListenUnix(path);
  service_.connect_address = {*config::Backend::Parse("unix:" + path)};
  Start();

  int connected = 0;
  unix_connects = 0;
  for (int i = 0; i < kDials; ++i)
    (void)dialer_->Dial("", {}, [&](const auto& connection) { connected += connection ? 1 : 0; });

  const int at_once = unix_connects - 1;  // the last one found no room
  EXPECT_LT(at_once, 5);
  const TimePoint began = Now();
  EXPECT_TRUE(Until([&] { return connected == at_once && unix_connects >= at_once + 10; }));
  // One each time, so it takes at least ten pauses.
  EXPECT_LT(unix_connects, at_once + 20);
  EXPECT_GE(Now() - began, std::chrono::milliseconds(80));

  EXPECT_TRUE(Until([&] {
    (void)AcceptFrom(backend_listener_.get());
    return connected == kDials;
  }));
  unlink(path.c_str());
}

}  // namespace
}  // namespace funnel::tcpd
