// Sockets that send from where [connect] source says, over loopback addresses.
#include "common/net/source_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "common/base/socket.h"
#include "tests/unit/net/free_ports.h"
#include "tests/unit/tcpd/test_sockets.h"

namespace funnel::net {
namespace {

using tcpd::BoundAddress;

class SourceSocketTest : public testing::Test {
 protected:
  // Connects to TO; the error goes to error_.
  UniqueFd Connect(const std::string& source, const SocketAddress& to) {
    source_ = *config::Source::Parse(source);
    auto connecting = ConnectFrom({source_, client_, ports_}, to, now_);
    error_ = connecting ? Error{} : connecting.error();
    return connecting ? std::move(connecting->fd) : UniqueFd();
  }
  UniqueFd Datagrams(const std::string& source) {
    source_ = *config::Source::Parse(source);
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto bound = BindForDatagrams(fd.get(), {source_, client_, ports_}, server_, now_);
    error_ = bound ? Error{} : bound.error();
    return bound ? std::move(fd) : UniqueFd();
  }
  [[nodiscard]] bool IsOurs() const { return IsSourceError(source_, error_); }

  UniqueFd listener_ = tcpd::Listen("127.0.0.1"), other_ = tcpd::Listen("127.0.0.1");
  SocketAddress server_ = BoundAddress(listener_.get());
  config::Source source_;
  SocketAddress client_;
  SourcePorts ports_;
  Error error_;
  TimePoint now_ = Now();
};

TEST_F(SourceSocketTest, ConnectsFromAFixedAddress) {
  const UniqueFd fd = Connect("127.0.0.5", server_);
  EXPECT_EQ(BoundAddress(fd.get()).ip_text(), "127.0.0.5");
  EXPECT_NE(BoundAddress(fd.get()).port(), 0);
  EXPECT_EQ(BoundAddress(Connect("any", server_).get()).ip_text(), "127.0.0.1");
}

TEST_F(SourceSocketTest, TheOtherEndsRefusalIsNoFaultOfTheSource) {
  const SocketAddress closed = server_;
  listener_.reset();
  const UniqueFd fd = Connect("127.0.0.5", closed);
  EXPECT_EQ(fd ? TakeSocketError(fd.get()) : error_.code, ECONNREFUSED);
  EXPECT_FALSE(IsOurs());
}

TEST_F(SourceSocketTest, AnAddressThatIsNotOursIsNeverReplaced) {
  EXPECT_FALSE(Connect("192.0.2.77", server_));
  EXPECT_TRUE(IsOurs());
  EXPECT_FALSE(IsUsedUp(error_));
  EXPECT_EQ(error_.message, "source: 192.0.2.77: Cannot assign requested address");
  EXPECT_FALSE(Datagrams("192.0.2.77"));
  EXPECT_TRUE(IsOurs());
}

TEST_F(SourceSocketTest, AnotherFamilyIsNotReached) {
  EXPECT_FALSE(Connect("::1", server_));
  EXPECT_EQ(error_.message, "source: ::1 and 127.0.0.1 are of two families");
  EXPECT_TRUE(IsOurs());
  client_ = *SocketAddress::FromLiteral("2001:db8::1", 4711);
  EXPECT_FALSE(Connect("transparent", server_));
  EXPECT_EQ(error_.message, "source: 2001:db8::1 and 127.0.0.1 are of two families");
}

TEST_F(SourceSocketTest, ATransparentOneTakesAClient) {
  EXPECT_FALSE(Connect("transparent", server_));
  EXPECT_EQ(error_.message, "source: the client's address is not known");
  EXPECT_TRUE(IsOurs());
}

TEST_F(SourceSocketTest, TakesThePortsInTurn) {
  const config::PortRange range = FreePorts(3);
  const std::string source = "127.0.0.5:" + range.text();
  std::vector<UniqueFd> held;
  for (std::uint16_t i = 0; i < 3; ++i) {
    held.push_back(Connect(source, server_));
    ASSERT_TRUE(held.back()) << error_.message;
    EXPECT_EQ(BoundAddress(held.back().get()).port(), range.first + i);
    EXPECT_EQ(BoundAddress(held.back().get()).ip_text(), "127.0.0.5");
  }

  EXPECT_FALSE(Connect(source, server_));
  EXPECT_TRUE(IsOurs() && IsUsedUp(error_));
  EXPECT_EQ(error_.message, "source: no port of " + range.text() + " is free");
  EXPECT_TRUE(Connect(source, BoundAddress(other_.get()))) << "another end has them all";

  // A reset leaves nothing behind.
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(held[1].get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  held[1].reset();
  EXPECT_FALSE(Connect(source, server_)) << "it rests";
  now_ += SourcePorts::kRest;
  EXPECT_EQ(BoundAddress(Connect(source, server_).get()).port(), range.first + 1);
}

TEST_F(SourceSocketTest, PassesOverWhatOthersHave) {
  const config::PortRange range = FreePorts(2);
  UniqueFd holder(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress taken = *SocketAddress::FromLiteral("127.0.0.5", range.first);
  ASSERT_EQ(bind(holder.get(), taken.data(), taken.size()), 0);
  ASSERT_EQ(listen(holder.get(), 1), 0);
  EXPECT_EQ(BoundAddress(Connect("127.0.0.5:" + range.text(), server_).get()).port(), range.last);
}

TEST_F(SourceSocketTest, NeverReachesItself) {
  const std::string port = std::to_string(server_.port());
  listener_.reset();
  for (const std::string address : {"127.0.0.1:", "*:"}) {
    EXPECT_FALSE(Connect(address + port, server_));
    EXPECT_TRUE(IsUsedUp(error_)) << error_.message;
    EXPECT_FALSE(Datagrams(address + port));
  }
  now_ += SourcePorts::kRest;
  const UniqueFd other = Connect("127.0.0.5:" + port, server_);
  EXPECT_EQ(other ? TakeSocketError(other.get()) : error_.code, ECONNREFUSED);
}

TEST_F(SourceSocketTest, PortsAloneLeaveTheAddressToTheKernel) {
  const config::PortRange range = FreePorts(1);
  const UniqueFd fd = Connect("*:" + range.text(), server_);
  EXPECT_EQ(BoundAddress(fd.get()).text(), "127.0.0.1:" + range.text());
}

TEST_F(SourceSocketTest, DatagramsHaveEachPortOnce) {
  const config::PortRange range = FreePorts(2);
  const std::string source = "127.0.0.5:" + range.text();
  UniqueFd first = Datagrams(source);
  const UniqueFd second = Datagrams(source);
  EXPECT_EQ(BoundAddress(first.get()).port(), range.first);
  EXPECT_EQ(BoundAddress(second.get()).port(), range.last);
  EXPECT_FALSE(Datagrams(source));
  EXPECT_TRUE(IsUsedUp(error_));
  first.reset();
  now_ += SourcePorts::kRest;
  EXPECT_EQ(BoundAddress(Datagrams(source).get()).text(),
            "127.0.0.5:" + std::to_string(range.first));
  EXPECT_EQ(BoundAddress(Datagrams("127.0.0.5").get()).ip_text(), "127.0.0.5");
}

TEST(SourcePortsTest, OneSocketTriesABoundedNumber) {
  SourcePorts ports;
  const config::PortRange range{10000, 19999};
  const TimePoint now = Now();
  std::vector<std::uint16_t> tried;
  const auto none = [&](std::uint16_t port) -> Result<> {
    tried.push_back(port);
    return Fail("in use", EADDRINUSE);
  };
  EXPECT_FALSE(ports.Take(range, {}, now, none));
  EXPECT_EQ(tried.size(), SourcePorts::kMostTries);
  EXPECT_FALSE(ports.Take(range, {}, now, none));
  EXPECT_EQ(tried.size(), SourcePorts::kMostTries) << "nothing is tried while it rests";

  const auto free = [&](std::uint16_t port) -> Result<> {
    tried.push_back(port);
    return {};
  };
  EXPECT_TRUE(ports.Take(range, {}, now + SourcePorts::kRest, free));
  EXPECT_EQ(tried.back(), 10000 + SourcePorts::kMostTries) << "it goes on behind them";
  EXPECT_TRUE(ports.Take({7, 8}, {}, now, free)) << "a new range begins at its first";
  EXPECT_EQ(tried.back(), 7);
}

TEST(SourcePortsTest, WhatHasAnotherReasonIsNotTriedAgain) {
  SourcePorts ports;
  int tries = 0;
  const auto failed = ports.Take({1, 9}, {}, Now(), [&](std::uint16_t) -> Result<> {
    ++tries;
    return Fail("not allowed", EACCES);
  });
  EXPECT_EQ(failed.error().message, "not allowed");
  EXPECT_EQ(tries, 1);
}

}  // namespace
}  // namespace funnel::net
