#include "units/generator/generate.h"  // IWYU pragma: keep: what is tested

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

// The state for the tests below: dns is up on port 53.
class HeldTest : public testing::Test {
 protected:
  HeldTest() {
    EXPECT_TRUE(example_.Generate());
    EXPECT_TRUE(example_.held.Keep(kSocket, example_.generated()));
    before_ = example_.DropIn(kSocket);
    std::filesystem::remove_all(example_.generated());
    std::filesystem::create_directories(example_.generated());
  }

  static constexpr const char* kSocket = "funnel-udpd@dns.socket";
  Example example_;
  std::string before_;
};

TEST_F(HeldTest, ASocketThatIsUpKeepsItsPort) {
  example_.folder.Write("services.d/dns.ini.d/x.ini", "[listen]\naddress = 127.0.0.1:54\n");
  EXPECT_TRUE(example_.Generate());
  EXPECT_EQ(example_.DropIn(kSocket), before_);
  EXPECT_THAT(example_.said, HasSubstr("systemctl restart funnel-udpd@dns.socket"));
}

TEST_F(HeldTest, ABrokenFileTakesNothingFromWhatIsUp) {
  example_.folder.Write("services.d/dns.ini", "[listen]\naddress = 127.0.0");
  EXPECT_TRUE(example_.Generate());
  EXPECT_EQ(example_.DropIn(kSocket), before_);
  EXPECT_NE(example_.DropIn("funnel-udpd@dns.service"), "");
}

TEST_F(HeldTest, AServiceThatIsUpReachesItsNewBackend) {
  ASSERT_TRUE(example_.Generate());
  ASSERT_TRUE(example_.held.Keep("funnel-tcpd@ldap.socket", example_.generated()));
  example_.folder.Write("services.d/ldap.ini.d/x.ini", "[connect]\naddress = 192.0.2.9:389\n");
  EXPECT_TRUE(example_.Generate());
  EXPECT_THAT(example_.DropIn("funnel-tcpd@ldap.service"), HasSubstr("IPAddressAllow=192.0.2.9\n"));
}

TEST_F(HeldTest, NothingIsSaidWhereNothingChanged) {
  EXPECT_TRUE(example_.Generate());
  EXPECT_EQ(example_.said, "");
}

TEST_F(HeldTest, AStoppedSocketFollowsItsFile) {
  example_.held.Drop(kSocket);
  example_.folder.Write("services.d/dns.ini.d/x.ini", "[listen]\naddress = 127.0.0.1:54\n");
  EXPECT_TRUE(example_.Generate());
  EXPECT_THAT(example_.DropIn(kSocket), HasSubstr("ListenDatagram=127.0.0.1:54\n"));
  EXPECT_EQ(example_.said, "");
}

TEST(Generate, WritesTheUnitsOfCommandsWhole) {
  Example example;
  example.folder.Write("services.d/x.ini",
                       "[service]\nprotocol = command\n[connect]\nexec = /bin/x\nuser = alice\n"
                       "[security]\nidentity = x/a@EXAMPLE.NET\naccept = x/*@EXAMPLE.NET\n");
  EXPECT_TRUE(example.Generate());
  EXPECT_TRUE(std::filesystem::is_regular_file(example.generated() + "/funnel-exec-x.socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(example.generated() + "/funnel-exec-x@.service"));
  EXPECT_NE(example.DropIn("funnel-tcpd@x.socket"), "");
}

TEST(Generate, ReportsWhatItCannotWrite) {
  Example example;
  std::filesystem::remove_all(example.generated());
  EXPECT_FALSE(example.Generate());
  EXPECT_THAT(example.said, HasSubstr("funnel-udpd@dns.socket.d"));
}

}  // namespace
}  // namespace funnel::generator
