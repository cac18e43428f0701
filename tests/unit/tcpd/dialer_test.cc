#include "common/base/text.h"
#include "funnel-tcpd/socket_options.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using DialerTest = TunnelTest;

// The signature, command and family of a header for IPv4: 16 bytes, then 12 of addresses.
constexpr std::size_t kHeaderBytes = 28;

std::string HeaderHex(const Reader& reader) {
  return HexEncode(AsBytes(reader.text)).substr(0, 2 * kHeaderBytes);
}

TEST_F(DialerTest, TellsTheBackendWhoTheClientIs) {
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

TEST_F(DialerTest, ResetsClientsWhoseAddressMayNotBeClaimed) {
  service_.proxy_protocol = config::ProxyProtocol::kV2;
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kClientsNotAllowed), 1u);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

TEST_F(DialerTest, TellsAUnixBackendToo) {
  const std::string path = ::testing::TempDir() + "/tcpd-backend.sock";
  unlink(path.c_str());
  backend_listener_ = ListenUnix(path);
  service_.connect = *config::Endpoint::ParseBackend("unix:" + path);
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
  service_.connect = *config::Endpoint::ParseBackend("unix:" + path);
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
  service_.connect.host = "localhost";
  Start();
  ConnectBoth();
  SendText(client_, "by name");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "by name"));
}

TEST_F(DialerTest, UnknownNameResetsTheClient) {
  service_.connect.host = "no-such-host.invalid";
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
}

TEST_F(DialerTest, SilentBackendTimesOut) {
  // A full backlog drops further handshakes: connecting to it never ends by itself.
  backend_listener_ = Listen("127.0.0.1", /*backlog=*/0);
  const SocketAddress silent = BoundAddress(backend_listener_.get());
  service_.connect = *config::Endpoint::ParseBackend(silent.text());
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
  service_.connect = *config::Endpoint::ParseBackend(silent.text());
  Start();
  const UniqueFd filler = ConnectTo(silent);
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return server_pump_->size() == 1; }));
  CloseWithReset(std::move(client_));
  EXPECT_TRUE(Until([&] { return server_pump_->size() == 0; }));
  EXPECT_EQ(server_parts_->limit.taken(), 0u);
}

}  // namespace
}  // namespace funnel::tcpd
