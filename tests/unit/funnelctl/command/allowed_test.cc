#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

class Allowed : public testing::Test {
 protected:
  Ran Ask(std::string service, std::string who, bool json = false) {
    Options options = OptionsFor(dir_, {std::move(service), std::move(who)});
    options.json = json;
    Ran ran = RunIt(RunAllowed, options);
    ran.out = Without(dir_, ran.out);
    return ran;
  }

  config::ExampleDir dir_;
};

TEST_F(Allowed, NamesTheLineThatLetsIn) {
  Ran ran = Ask("ldap", "ldap/branch1.example.net@EXAMPLE.NET");
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_EQ(ran.out,
            "ldap/branch1.example.net@EXAMPLE.NET for ldap: yes, by services.d/ldap.ini:7: accept "
            "= ldap/*@EXAMPLE.NET\n");
}

TEST_F(Allowed, SaysForEachLineWhyNot) {
  dir_.Write("services.d/ldap.ini",
             std::string(config::kConnectText) + "accept = host/a/*@OTHER.NET\n");
  Ran ran = Ask("ldap", "host/a@EXAMPLE.NET");
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_EQ(ran.out,
            "host/a@EXAMPLE.NET for ldap: no: no `accept` line of the service matches\n"
            "  services.d/ldap.ini:7: accept = ldap/*@EXAMPLE.NET: component 1 is host, not ldap\n"
            "  services.d/ldap.ini:8: accept = host/a/*@OTHER.NET: the realm is EXAMPLE.NET, not "
            "OTHER.NET\n");
  EXPECT_TRUE(Contains(Ask("ldap", "ldap@EXAMPLE.NET").out, "it has 1 component, not 2"));
}

TEST_F(Allowed, NothingListedMeansNobody) {
  dir_.Write("services.d/ldap.ini",
             config::Replace(config::kConnectText, "accept = ldap/*@EXAMPLE.NET\n", ""));
  Ran ran = Ask("ldap", "ldap/x@EXAMPLE.NET");
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_TRUE(Contains(ran.out, "nothing listed means nobody")) << ran.out;
}

TEST_F(Allowed, OnTheListeningSideExpectDecides) {
  Ran ran = Ask("dns", "dns/ns.hoster.net@EXAMPLE.NET");
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_TRUE(Contains(ran.out, "services.d/dns.ini:8: expect = dns/ns.hoster.net@EXAMPLE.NET"));
  EXPECT_TRUE(Contains(ran.out, "must match us, dns/branch1.example.net@EXAMPLE.NET"));
  EXPECT_EQ(Ask("dns", "dns/other@EXAMPLE.NET").status, kExitFailed);
}

TEST_F(Allowed, GivesJson) {
  Ran ran = Ask("ldap", "host/a@EXAMPLE.NET", /*json=*/true);
  EXPECT_TRUE(Contains(ran.out, "\"allowed\": false"));
  EXPECT_TRUE(Contains(ran.out, "\"line\": 7"));
  EXPECT_TRUE(Contains(ran.out, "\"why_not\": \"component 1 is host, not ldap\""));
}

TEST_F(Allowed, ComplainsOfWhatItCannotJudge) {
  EXPECT_EQ(Ask("ldap", "no-realm").status, kExitUsage);
  Ran ran = Ask("lapd", "a@B");
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_EQ(ran.err, "funnelctl: there is no service lapd; there are: dns, ldap\n");
  dir_.Write("funnel.conf", "[node]\n");
  EXPECT_TRUE(Contains(Ask("ldap", "a@B").err, "name is missing"));
}

}  // namespace
}  // namespace funnel::ctl
