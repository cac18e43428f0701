// What the keys about checks of backends say must go together.
#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

using HealthCheckMistakesTest = MistakesTest;

TEST_F(HealthCheckMistakesTest, BadChecks) {
  const auto ldap = [&](const std::string& lines) {
    return LdapWith("address = 127.0.0.1:389\n", "address = 127.0.0.1:389\n" + lines);
  };
  EXPECT_EQ(ldap("check = connect\ncheck-expect = text:220\n"), "none");
  EXPECT_EQ(ldap("check = text:PING\\r\\n\ncheck-timeout = 2s\n"), "none");
  EXPECT_EQ(ldap("check-expect = text:220\n"),
            "services.d/ldap.ini:5: check-expect: there is no check");
  EXPECT_EQ(ldap("check = connect\non-backend-down = refuse\n"), "none");
  EXPECT_EQ(ldap("on-backend-down = wait\n"),
            "services.d/ldap.ini:5: on-backend-down: there is no check");
  EXPECT_EQ(ldap("check = connect\non-backend-down = reset\n"),
            "services.d/ldap.ini:6: on-backend-down: wait or refuse is expected, not reset");
  EXPECT_EQ(ldap("check = dns\n"), "services.d/ldap.ini:5: check: dns is only for protocol = udp");
  EXPECT_EQ(ldap("check = connect\ncheck-every = 500ms\n"),
            "services.d/ldap.ini:6: check-timeout (1s) is greater than check-every (500ms)");
  EXPECT_EQ(ldap("check = ping\n"),
            "services.d/ldap.ini:5: check: bad check ping: none, connect, text:..., hex:..., dns, "
            "dns:NAME or radius is expected");
  EXPECT_EQ(ldap("check = connect\ncheck-secret-file = /s\n"),
            "services.d/ldap.ini:6: check-secret-file: only check = radius has a secret");
}

TEST_F(HealthCheckMistakesTest, BadChecksOfRadius) {
  const auto with = [&](std::string_view protocol, const std::string& lines) {
    dir_.Write("services.d/ldap.ini",
               Replace(Replace(kConnectText, "tcp", protocol), "address = 127.0.0.1:389\n",
                       "address = 127.0.0.1:389\ncheck = radius\n" + lines));
    return dir_.Reported();
  };
  EXPECT_EQ(with("udp", "check-secret-file = /s\n"), "none");
  EXPECT_EQ(with("udp", ""),
            "services.d/ldap.ini:5: check: radius takes a secret: check-secret-file");
  EXPECT_EQ(with("udp", "check-secret-file = s\n"),
            "services.d/ldap.ini:6: check-secret-file: a path that begins with / is expected");
  EXPECT_EQ(with("tcp", "check-secret-file = /s\n"),
            "services.d/ldap.ini:5: check: radius is only for protocol = udp");
  EXPECT_EQ(with("udp", "check-secret-file = /s\ncheck-expect = text:x\n"),
            "services.d/ldap.ini:7: check-expect: radius has its own rule for answers");
}

}  // namespace
}  // namespace funnel::config
