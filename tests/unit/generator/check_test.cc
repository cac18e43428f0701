#include "units/generator/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/generator/example.h"

namespace funnel::generator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Check(const Example& example, const std::string& unit) {
  auto nothing = [] { return Result<>(); };
  return CheckUnit({example.load(), example.generated(), nothing}, unit);
}

TEST(CheckUnit, PassesWhatTheGeneratorWrote) {
  Example example;
  ASSERT_TRUE(example.Generate());
  EXPECT_THAT(Check(example, "funnel-udpd@dns.socket"), IsEmpty());
  EXPECT_THAT(Check(example, "funnel-tcpd@ldap.socket"), IsEmpty());
}

TEST(CheckUnit, HasSystemdReadAChangedFile) {
  Example example;
  ASSERT_TRUE(example.Generate());
  example.folder.Write("services.d/dns.ini.d/x.ini", "[listen]\naddress = 127.0.0.1:54\n");
  int reloads = 0;
  auto reload = [&]() -> Result<> {
    ++reloads;
    EXPECT_TRUE(example.Generate());
    return {};
  };
  CheckOptions options{example.load(), example.generated(), reload};
  EXPECT_THAT(CheckUnit(options, "funnel-udpd@dns.socket"), IsEmpty());
  EXPECT_THAT(CheckUnit(options, "funnel-udpd@dns.socket"), IsEmpty());
  EXPECT_EQ(reloads, 1);
}

TEST(CheckUnit, DoesNotStartWithWhatTheFileNoLongerSays) {
  Example example;
  EXPECT_THAT(Check(example, "funnel-udpd@dns.socket"),
              ElementsAre(HasSubstr("does not reach systemd")));
  auto failing = []() -> Result<> { return Fail("no manager"); };
  EXPECT_THAT(CheckUnit({example.load(), example.generated(), failing}, "funnel-udpd@dns.socket"),
              ElementsAre("no manager"));
}

TEST(CheckUnit, NamesTheRightProtocolsUnit) {
  Example example;
  EXPECT_THAT(Check(example, "funnel-tcpd@dns.socket"),
              ElementsAre(HasSubstr("the unit of this service is funnel-udpd@dns.socket")));
}

TEST(CheckUnit, NamesEachMistakeWithItsLine) {
  Example example;
  example.folder.Write("services.d/dns.ini", "[service]\nprotocol = udp\npear = hoster\n");
  EXPECT_THAT(Check(example, "funnel-udpd@dns.socket"),
              testing::Contains(HasSubstr("services.d/dns.ini:3: unknown key pear")));
}

TEST(CheckUnit, MistakesOfOthersDoNotMatter) {
  Example example;
  ASSERT_TRUE(example.Generate());
  example.folder.Write("services.d/bad.ini", "[nothing]\n");
  EXPECT_THAT(Check(example, "funnel-udpd@dns.socket"), IsEmpty());
}

TEST(CheckUnit, ARelayHasNoUnit) {
  Example example;
  example.folder.Write("peers.d/branch.ini", config::kPeerText);
  example.folder.Write("services.d/web.ini",
                       "[service]\nprotocol = tcp\n[relay]\nfrom = branch\nto = hoster\n");
  EXPECT_THAT(Check(example, "funnel-tcpd@web.socket"), ElementsAre(HasSubstr("has no unit here")));
}

TEST(CheckUnit, NamesTheMissingFile) {
  Example example;
  EXPECT_THAT(Check(example, "funnel-udpd@sip.socket"),
              ElementsAre(HasSubstr("/services.d/sip.ini")));
}

TEST(CheckUnit, RejectsOtherUnits) {
  Example example;
  EXPECT_THAT(Check(example, "funnel-sctpd.socket"), ElementsAre(HasSubstr("is no socket unit")));
}

}  // namespace
}  // namespace funnel::generator
