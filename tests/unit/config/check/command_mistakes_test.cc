// What keys of protocol = command, and what keys of other services, go together.
#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

class CommandMistakesTest : public MistakesTest {
 protected:
  // The mistakes of a far end with these LINES in [connect], and MORE in [service].
  std::string Far(const std::string& lines, const std::string& more = "") {
    const std::string protocol = command_ ? "command\n" : "tcp\n";
    dir_.Write("services.d/ldap.ini", Replace(Replace(kConnectText, "tcp\n", protocol + more),
                                              "address = 127.0.0.1:389\n", lines));
    return dir_.Reported();
  }

  bool command_ = true;
};

TEST_F(CommandMistakesTest, TheFarEndHasACommandAndAUser) {
  EXPECT_EQ(Far("exec = /bin/x 'a b'\nuser = nobody\n"), "none");
  EXPECT_EQ(Far("exec = /bin/x\nuser = nobody\ngroup = adm\narguments = yes\nkill-after = "
                "0s\nterminal = auto\n"),
            "none");
  EXPECT_EQ(Far("user = nobody\n"), "services.d/ldap.ini:3: exec is missing in [connect]");
  EXPECT_EQ(Far("exec = /bin/x\n"), "services.d/ldap.ini:3: user is missing in [connect]");
  EXPECT_EQ(Far("exec = x\nuser = nobody\n"),
            "services.d/ldap.ini:4: exec: bad command x: a program's path that begins with / is "
            "expected");
}

TEST_F(CommandMistakesTest, ATerminalIsAWord) {
  EXPECT_EQ(Far("exec = /bin/x\nuser = nobody\nterminal = yes\n"),
            "services.d/ldap.ini:6: terminal: never or auto is expected, not yes");
}

TEST_F(CommandMistakesTest, ItHasNoBackendsAndNoAddresses) {
  const std::string command = "exec = /bin/x\nuser = nobody\n";
  EXPECT_EQ(Far(command + "address = 127.0.0.1:389\n"),
            "services.d/ldap.ini:6: address is not for protocol = command");
  EXPECT_EQ(Far(command + "balance = client\n"),
            "services.d/ldap.ini:6: balance is not for protocol = command");
  EXPECT_EQ(Far(command, "module = http2\n"),
            "services.d/ldap.ini:3: module is not for protocol = command");
  EXPECT_EQ(Far(command, "idle-timeout = 5s\n"),
            "services.d/ldap.ini:3: idle-timeout is not for protocol = command");
}

TEST_F(CommandMistakesTest, WhatConnectionsHaveItHasToo) {
  const std::string command = "exec = /bin/x\nuser = nobody\n";
  EXPECT_EQ(Far(command, "max-sessions = 30\nstuck-timeout = 0s\naccess-log = json\n"), "none");
  EXPECT_EQ(Far(command, "dscp = copy\n"),
            "services.d/ldap.ini:3: dscp is only for protocol = udp");
}

TEST_F(CommandMistakesTest, OthersRunNothing) {
  command_ = false;
  EXPECT_EQ(Far("address = 127.0.0.1:389\nexec = /bin/x\n"),
            "services.d/ldap.ini:5: exec is only for protocol = command");
  EXPECT_EQ(Far("address = 127.0.0.1:389\nkill-after = 1s\n"),
            "services.d/ldap.ini:5: kill-after is only for protocol = command");
  EXPECT_EQ(Far("address = 127.0.0.1:389\nuser = nobody\n"),
            "services.d/ldap.ini:5: user is only for protocol = command");
}

TEST_F(CommandMistakesTest, TheNearEndSaysWhoMayRunIt) {
  const auto near = [&](const std::string& lines, const std::string& more = "") {
    dir_.Write("services.d/dns.ini", "[service]\nprotocol = command\npeer = hoster\n" + more +
                                         "[listen]\n" + lines +
                                         "[security]\nidentity = dns/a.test@EXAMPLE.NET\n"
                                         "expect = dns/b.test@EXAMPLE.NET\n");
    return dir_.Reported();
  };
  EXPECT_EQ(near("allow-users = alice\nallow-users = 1000\nallow-groups = adm\n"), "none");
  EXPECT_EQ(near("allow-users = root\naddress = 127.0.0.1:53\n"),
            "services.d/dns.ini:6: address is not for protocol = command");
  EXPECT_EQ(near("allow-users = alice\n", "max-sessions-per-client = 6\n"), "none");
  EXPECT_EQ(near("allow-users = alice\n", "client-new-rate = 6\n"),
            "services.d/dns.ini:4: client-new-rate is not for protocol = command");
  EXPECT_EQ(near("allow-users = alice bob\n"),
            "services.d/dns.ini:5: allow-users: a user or group, by name or number is expected, "
            "not alice bob");
}

}  // namespace
}  // namespace funnel::config
