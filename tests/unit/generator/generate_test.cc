#include "units/generator/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/generator/example.h"

namespace funnel::generator {
namespace {

using testing::HasSubstr;

TEST(Generate, WritesBothUnitsOfEachService) {
  Example example;
  EXPECT_TRUE(example.Generate());
  EXPECT_EQ(example.said, "");
  for (const char* unit : {"funnel-udpd@dns.socket", "funnel-udpd@dns.service",
                           "funnel-tcpd@ldap.socket", "funnel-tcpd@ldap.service"})
    EXPECT_NE(example.DropIn(unit), "") << unit;
}

TEST(Generate, BrokenFileCostsOtherServicesNothing) {
  Example example;
  example.folder.Write("services.d/bad.ini", "[service]\nprotocol = sctp\n[listen]\n");
  EXPECT_TRUE(example.Generate());
  EXPECT_NE(example.DropIn("funnel-udpd@dns.socket"), "");
  EXPECT_NE(example.DropIn("funnel-tcpd@ldap.socket"), "");
  EXPECT_THAT(example.said, HasSubstr("services.d/bad.ini:2: protocol: "));
  EXPECT_THAT(example.said, HasSubstr("\nservice bad: its socket cannot be set up"));
}

// A running socket must not lose its port because a timeout is misspelt.
TEST(Generate, MistakeElsewhereInTheFileKeepsThePort) {
  Example example;
  example.folder.Write("services.d/dns.ini.d/x.ini", "[service]\nlifetime = soon\n");
  EXPECT_TRUE(example.Generate());
  EXPECT_THAT(example.DropIn("funnel-udpd@dns.socket"), HasSubstr("ListenDatagram=127.0.0.1:53\n"));
  EXPECT_THAT(example.said, HasSubstr("its edge does not start"));
}

TEST(Generate, BadAddressGetsNoSocket) {
  Example example;
  example.folder.Write("services.d/dns.ini.d/x.ini",
                       "[listen]\naddress = 127.0.0.1:53\naddress = x:1\n");
  EXPECT_TRUE(example.Generate());
  EXPECT_EQ(example.DropIn("funnel-udpd@dns.socket"), "");
}

TEST(Generate, TwoRolesGetNoSocket) {
  Example example;
  example.folder.Write("services.d/dns.ini.d/x.ini", "[connect]\naddress = 127.0.0.1:53\n");
  EXPECT_TRUE(example.Generate());
  EXPECT_EQ(example.DropIn("funnel-udpd@dns.socket"), "");
}

TEST(Generate, BadNameGetsNoUnit) {
  Example example;
  example.folder.Write("services.d/..%2fdns.ini", config::kListenText);
  example.folder.Write("services.d/Dns.ini", config::kListenText);
  EXPECT_TRUE(example.Generate());
  EXPECT_THAT(example.said, HasSubstr("bad name Dns"));
  EXPECT_EQ(example.DropIn("funnel-udpd@Dns.socket"), "");
}

TEST(Generate, NoConfigurationIsNoMistake) {
  Example example;
  std::filesystem::remove_all(example.folder.Path("services.d"));
  EXPECT_TRUE(example.Generate());
  EXPECT_EQ(example.said, "");
}

TEST(Generate, TellsWhatItCannotWrite) {
  Example example;
  std::filesystem::remove_all(example.generated());
  EXPECT_FALSE(example.Generate());
  EXPECT_THAT(example.said, HasSubstr("funnel-udpd@dns.socket.d"));
}

}  // namespace
}  // namespace funnel::generator
