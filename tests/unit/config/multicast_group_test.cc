#include "common/config/multicast_group.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

std::string Read(std::string_view text) {
  const auto group = MulticastGroup::Parse(text);
  return group ? group->text() : "bad: " + group.error().message;
}

TEST(MulticastGroupTest, HasAnAddressAndPerhapsAnInterface) {
  for (const char* text : {"224.0.0.251", "239.255.255.250%eth0", "ff02::fb%br-lan.7", "ff05::1:3"})
    EXPECT_EQ(Read(text), text);
}

TEST(MulticastGroupTest, RefusesWhatIsNoGroup) {
  for (const char* text : {"", "192.0.2.1", "240.0.0.1", "223.255.255.255", "fe80::1%eth0", "::1",
                           "224.0.0.251:5353", "all-hosts.example.net"})
    EXPECT_TRUE(Read(text).starts_with("bad: it is no multicast address")) << text;
  for (const char* text :
       {"224.0.0.1%", "224.0.0.1%a/b", "224.0.0.1%a b", "224.0.0.1%abcdefghijklmnop"})
    EXPECT_TRUE(Read(text).starts_with("bad: the name of an interface")) << text;
}

TEST(MulticastGroupTest, AGroupOfOneLinkNeedsTheLink) {
  EXPECT_EQ(Read("ff02::fb"),
            "bad: on which link? Its interface is expected behind it: ff02::fb%eth0");
}

}  // namespace
}  // namespace funnel::config
