#include "funnelctl/doctor/holders.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/unique_fd.h"

namespace funnel::ctl::doctor {
namespace {

TEST(ProcNet, TakesAddressPortAndInode) {
  auto v4 = ParseProcNetLine(
      "   42: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "12345 1 0000000000000000 100 0 0 10 0");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->address.text(), "127.0.0.1:53");
  EXPECT_EQ(v4->inode, 12345u);
  auto v6 = ParseProcNetLine(
      "    1: 00000000000000000000000001000000:26AB 00000000000000000000000000000000:0000 07 "
      "00000000:00000000 00:00000000 00000000 64002        0 77 2 0000000000000000 0");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->address.text(), "[::1]:9899");
}

TEST(ProcNet, RefusesOtherLines) {
  for (const char* line : {"", "  sl  local_address rem_address   st", "1: 0100007F:0035",
                           "1: XX00007F:0035 0:0 0A 0 0 0 0 0 5", "1: 0100007F 0 0A 0 0 0 0 0 5"})
    EXPECT_FALSE(ParseProcNetLine(line)) << line;
}

TEST(FindBound, NamesTheProcessThatHoldsAPort) {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  auto bound = FindBound(/*udp=*/true, ntohs(address.sin_port));
  ASSERT_EQ(bound.size(), 1u);
  ASSERT_FALSE(bound[0].holders.empty());
  EXPECT_EQ(bound[0].holders[0].pid, getpid());
  EXPECT_TRUE(FindBound(/*udp=*/false, ntohs(address.sin_port)).empty());
}

}  // namespace
}  // namespace funnel::ctl::doctor
