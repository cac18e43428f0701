#include "common/config/read/load.h"

#include <gtest/gtest.h>

#include "tests/unit/config/example.h"

namespace funnel::config {
namespace {

TEST(Load, ReadsAFolderThatIsRight) {
  ExampleDir dir;
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  EXPECT_EQ(loaded->node.name, "branch1.example.net");
  ASSERT_EQ(loaded->peers.size(), 1u);
  ASSERT_EQ(loaded->services.size(), 2u);
  const ServiceConfig& dns = *loaded->FindService("dns");
  EXPECT_EQ(dns.role, Role::kListen);
  EXPECT_EQ(dns.protocol, Protocol::kUdp);
  EXPECT_EQ(dns.listen_address.at(0).text(), "127.0.0.1:53");
  EXPECT_EQ(dns.expect.text(), "dns/ns.hoster.net@EXAMPLE.NET");
  const ServiceConfig& ldap = *loaded->FindService("ldap");
  EXPECT_EQ(ldap.role, Role::kConnect);
  EXPECT_EQ(BackendsText(ldap.connect_address), "127.0.0.1:389");
  EXPECT_TRUE(ldap.Accepts(*Principal::Parse("ldap/branch1@EXAMPLE.NET")));
  EXPECT_FALSE(ldap.Accepts(*Principal::Parse("dns/branch1@EXAMPLE.NET")));
}

TEST(LoadForStart, LeavesOutTheServiceWhoseFileIsWrong) {
  ExampleDir dir;
  dir.Write("services.d/dns.ini", Replace(kListenText, "[listen]", "[lissen]"));
  auto loaded = LoadForStart({dir.Path(""), ""});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->configuration.FindService("dns"), nullptr);
  EXPECT_NE(loaded->configuration.FindService("ldap"), nullptr);
  ASSERT_FALSE(loaded->left_out.empty());
  for (const Mistake& mistake : loaded->left_out)
    EXPECT_TRUE(mistake.file.ends_with("services.d/dns.ini")) << mistake.Print();
}

TEST(LoadForStart, OfTwoThatClashTheFirstStays) {
  ExampleDir dir;
  dir.Write("services.d/zone.ini", kListenText);
  auto loaded = LoadForStart({dir.Path(""), ""});
  ASSERT_TRUE(loaded);
  EXPECT_NE(loaded->configuration.FindService("dns"), nullptr);
  EXPECT_EQ(loaded->configuration.FindService("zone"), nullptr);
}

TEST(LoadForStart, MistakeInAnOverrideIsItsServices) {
  ExampleDir dir;
  dir.Write("services.d/dns.ini.d/local.ini", "[service]\nlifetime = soon\n");
  auto loaded = LoadForStart({dir.Path(""), ""});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->configuration.FindService("dns"), nullptr);
}

TEST(LoadForStart, WhatAllDependOnMustBeRight) {
  ExampleDir dir;
  dir.Write("peers.d/hoster.ini", "[peer]\nnode = x\n");
  EXPECT_FALSE(LoadForStart({dir.Path(""), ""}));
  dir.Write("services.d/dns.ini", Replace(kListenText, "[listen]", "[lissen]"));
  EXPECT_FALSE(LoadForStart({dir.Path(""), ""}));
}

TEST(Load, ComputesDefaults) {
  ExampleDir dir;
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  const ServiceConfig& dns = *loaded->FindService("dns");
  EXPECT_EQ(dns.target, "ns.hoster.net");
  EXPECT_EQ(dns.wire_name, "dns");
  EXPECT_EQ(dns.edge_user, "funnel-u-dns");
  EXPECT_EQ(loaded->FindService("ldap")->edge_user, "funnel-t-ldap");
  EXPECT_EQ(loaded->FindPeer("hoster")->identity.text(), "funnel/branch1.example.net@EXAMPLE.NET");
  EXPECT_EQ(loaded->node.kerberos.keytab, dir.Path("keytabs/funnel.keytab"));
  EXPECT_EQ(loaded->node.kerberos.client_keytab, loaded->node.kerberos.keytab);
}

TEST(Load, FindsByWhatOthersSay) {
  ExampleDir dir;
  dir.Write("services.d/ldap.ini",
            Replace(kConnectText, "protocol = tcp", "protocol = tcp\nwire-name = directory"));
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  EXPECT_EQ(loaded->FindByWireName("directory"), loaded->FindService("ldap"));
  EXPECT_EQ(loaded->FindByWireName("ldap"), nullptr);
  EXPECT_EQ(loaded->FindByWireName("dns"), nullptr) << "a service with [listen] cannot be opened";
  EXPECT_EQ(loaded->FindPeerByNode("ns.hoster.net"), loaded->FindPeer("hoster"));
  EXPECT_EQ(loaded->FindPeerByNode("hoster"), nullptr);
  EXPECT_EQ(loaded->FindPeerByNode("NS.Hoster.net."), loaded->FindPeer("hoster")) << "as DNS does";
}

TEST(Load, RemembersWhereValuesWereWritten) {
  ExampleDir dir;
  dir.Write("services.d/dns.ini", Replace(kListenText, "address = 127.0.0.1:53\n",
                                          "address = 127.0.0.1:53\n; x\naddress = [::1]:53\n"));
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  const Origins& origins = loaded->FindService("dns")->origins;
  ASSERT_EQ(origins.at("listen.address").size(), 2u);
  EXPECT_EQ(origins.at("listen.address")[1].file, dir.Path("services.d/dns.ini"));
  EXPECT_EQ(origins.at("listen.address")[1].line, 7);
  EXPECT_EQ(FindOrigin(origins, "service", "lifetime").line, 1)
      << "the section, where the key is absent";
  EXPECT_EQ(FindOrigin(origins, "connect", "address").line, 0);
}

TEST(Load, SetsPortsOfOurOwnAddresses) {
  ExampleDir dir;
  dir.Write("funnel.conf",
            std::string(kNodeText) +
                "[sctp]\nlisten = 192.0.2.1\nlisten = 2001:db8::1\nudp-port = 1234\n");
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  ASSERT_EQ(loaded->node.sctp.listen.size(), 2u);
  EXPECT_EQ(loaded->node.sctp.listen[0].text(), "192.0.2.1:1234");
  EXPECT_EQ(loaded->node.sctp.listen[1].text(), "[2001:db8::1]:1234");
}

TEST(Layers, OverridesReplaceKeysAndLists) {
  ExampleDir dir;
  dir.Write("services.d/dns.ini", Replace(kListenText, "address = 127.0.0.1:53\n",
                                          "address = 127.0.0.1:53\naddress = [::1]:53\n"));
  dir.Write("services.d/dns.ini.d/10-a.ini", "[service]\nlifetime = 1s\nidle-timeout = 7s\n");
  dir.Write("services.d/dns.ini.d/20-b.ini",
            "[service]\nlifetime = 2s\n[listen]\naddress = 127.0.0.2:53\n");
  dir.Write("services.d/dns.ini.d/notes.txt", "not ours\n");
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  const ServiceConfig& dns = *loaded->FindService("dns");
  EXPECT_EQ(dns.lifetime, 2s);
  EXPECT_EQ(dns.idle_timeout, 7s);
  ASSERT_EQ(dns.listen_address.size(), 1u);
  EXPECT_EQ(dns.listen_address[0].text(), "127.0.0.2:53");
  EXPECT_EQ(FindOrigin(dns.origins, "listen", "address").file,
            dir.Path("services.d/dns.ini.d/20-b.ini"));
}

TEST(Load, EdgesStayUnlessTheirAssociationComesAndGoesWithUse) {
  ExampleDir dir;
  EXPECT_EQ(dir.Load()->FindService("dns")->idle_exit, 0ms);
  dir.Write("peers.d/hoster.ini.d/x.ini", "[peer]\nwhen = on-demand\n");
  EXPECT_EQ(dir.Load()->FindService("dns")->idle_exit, kIdleExitOnDemand);
  EXPECT_EQ(dir.Load()->FindService("ldap")->idle_exit, 0ms);
  dir.Write("services.d/dns.ini.d/x.ini", "[service]\nidle-exit = 0s\n");
  EXPECT_EQ(dir.Load()->FindService("dns")->idle_exit, 0ms);
}

TEST(Load, IdleExitIsNotShorterThanAStart) {
  ExampleDir dir;
  dir.Write("services.d/dns.ini.d/x.ini", "[service]\nidle-exit = 999ms\n");
  EXPECT_EQ(dir.Reported(), "services.d/dns.ini.d/x.ini:2: idle-exit: 0s (never), or at least 1s");
}

TEST(Load, OnlyAConnectionMayDoWithoutIdleTimeout) {
  ExampleDir dir;
  dir.Write("services.d/ldap.ini.d/x.ini", "[service]\nidle-timeout = 0s\n");
  EXPECT_EQ(dir.Reported(), "none");
  dir.Write("services.d/ldap.ini.d/x.ini", "[service]\nidle-timeout = 20ms\n");
  EXPECT_EQ(dir.Reported(),
            "services.d/ldap.ini.d/x.ini:2: idle-timeout: 0s (never), or at least 1s");

  dir.Write("services.d/ldap.ini.d/x.ini", "[service]\nidle-timeout = 20s\n");
  dir.Write("services.d/dns.ini.d/x.ini", "[service]\nidle-timeout = 0s\n");
  EXPECT_EQ(dir.Reported(), "services.d/dns.ini.d/x.ini:2: idle-timeout: at least 1s with udp");
}

TEST(Layers, OverridesOfFunnelConf) {
  ExampleDir dir;
  dir.Write("funnel.conf.d/site.ini", "[sctp]\nrto-min = 200ms\n");
  auto loaded = dir.Load();
  ASSERT_TRUE(loaded) << dir.Reported();
  EXPECT_EQ(loaded->node.sctp.rto_min, 200ms);
}

TEST(Layers, DefaultsLieBelow) {
  ExampleDir dir;
  TempDir defaults;
  defaults.Write("funnel.conf", "[node]\nname = nobody.example\nlog-level = debug\n");
  defaults.Write("services.d/web.ini", Replace(kConnectText, ":389", ":80"));
  auto loaded = dir.Load(defaults.path());
  ASSERT_TRUE(loaded) << PrintMistakes(loaded.error());
  EXPECT_EQ(loaded->node.name, "branch1.example.net");
  EXPECT_EQ(loaded->node.log_level, LogLevel::kDebug);
  EXPECT_NE(loaded->FindService("web"), nullptr);
}

TEST(Layers, AnAbsentDefaultsFolderIsNone) {
  ExampleDir dir;
  EXPECT_TRUE(dir.Load("/nonexistent"));
}

TEST(Layers, FilesOfOthersAreLeftAlone) {
  ExampleDir dir;
  dir.Write("services.d/README", "x");
  dir.Write("services.d/dns.ini~", "x");
  dir.Write("services.d/.hidden.ini", "x");
  EXPECT_EQ(dir.Reported(), "none");
}

}  // namespace
}  // namespace funnel::config
