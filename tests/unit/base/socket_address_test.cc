#include "common/base/socket_address.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <unordered_set>

namespace funnel {
namespace {

SocketAddress Literal(std::string_view host, std::uint16_t port = 53) {
  return SocketAddress::FromLiteral(host, port).value();
}

TEST(SocketAddress, ReadsAndPrintsLiterals) {
  EXPECT_EQ(Literal("127.0.0.1").text(), "127.0.0.1:53");
  EXPECT_EQ(Literal("2001:DB8::1").text(), "[2001:db8::1]:53");
  EXPECT_EQ(Literal("2001:db8::1").ip_text(), "2001:db8::1");
  EXPECT_EQ(Literal("127.0.0.1").family(), AF_INET);
  EXPECT_EQ(Literal("::1").family(), AF_INET6);
  EXPECT_EQ(SocketAddress().text(), "-");
}

TEST(SocketAddress, RefusesNames) {
  using namespace std::string_view_literals;
  for (std::string_view text :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "01.2.3.4", "::1]", "[::1]", "::1%nonesuch"}) {
    EXPECT_FALSE(SocketAddress::FromLiteral(text, 1)) << text;
  }
  EXPECT_FALSE(SocketAddress::FromLiteral("127.0.0.1\0x"sv, 1));
}

TEST(SocketAddress, KeepsTheZone) {
  SocketAddress address = Literal("fe80::1%lo");
  EXPECT_EQ(address.text(), "[fe80::1%lo]:53");
  EXPECT_NE(address, Literal("fe80::1"));
}

TEST(SocketAddress, ComesFromTheKernelsForm) {
  SocketAddress address = Literal("::1", 7);
  EXPECT_EQ(SocketAddress::FromSockaddr(address.data(), address.size()), address);
  EXPECT_FALSE(SocketAddress::FromSockaddr(address.data(), sizeof(sockaddr_in6) - 1));
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(SocketAddress::FromSockaddr(&other, sizeof other));
}

TEST(SocketAddress, IsAKey) {
  std::unordered_set<SocketAddress> set{Literal("::1", 1), Literal("::1", 2),
                                        Literal("127.0.0.1", 1)};
  EXPECT_TRUE(set.contains(Literal("::1", 2)));
  EXPECT_FALSE(set.contains(Literal("::1", 3)));
  EXPECT_FALSE(set.contains(Literal("::2", 1)));
  SocketAddress labelled = Literal("::1", 1);
  sockaddr_in6 raw;
  std::memcpy(&raw, labelled.data(), sizeof raw);
  raw.sin6_flowinfo = 5;
  EXPECT_TRUE(
      set.contains(*SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), sizeof raw)));
}

TEST(SocketAddress, KnowsSpecialAddresses) {
  EXPECT_TRUE(Literal("0.0.0.0").IsWildcard());
  EXPECT_TRUE(Literal("::").IsWildcard());
  EXPECT_FALSE(Literal("::1").IsWildcard());
  EXPECT_FALSE(SocketAddress().IsWildcard());
  EXPECT_TRUE(Literal("127.9.9.9").IsLoopback());
  EXPECT_TRUE(Literal("::1").IsLoopback());
  EXPECT_TRUE(Literal("::ffff:127.0.0.1").IsLoopback());
  EXPECT_FALSE(Literal("128.0.0.1").IsLoopback());
  EXPECT_FALSE(SocketAddress().IsLoopback());
}

TEST(SocketAddress, UnmapsIpv4) {
  EXPECT_EQ(Literal("::ffff:192.0.2.1").Unmapped(), Literal("192.0.2.1"));
  EXPECT_EQ(Literal("::1").Unmapped(), Literal("::1"));
}

}  // namespace
}  // namespace funnel
