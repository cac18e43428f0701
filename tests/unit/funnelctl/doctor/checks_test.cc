#include "funnelctl/doctor/checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include "funnelctl/doctor/identity.h"
#include "tests/unit/funnelctl/run_command.h"
#include "tests/unit/funnelctl/status/example_status.h"

namespace funnel::ctl::doctor {
namespace {

// The first finding that is not ok; "ok" if all are.
std::string Worst(const Findings& findings) {
  for (const Finding& finding : findings)
    if (finding.verdict != Verdict::kOk) return finding.text;
  return "ok";
}

TEST(KeytabFile, OnlyItsUserMayReadIt) {
  TempDir dir;
  dir.Write("keytab", "x");
  const std::string path = dir.Path("keytab");
  const std::string us = std::to_string(geteuid());
  chmod(path.c_str(), 0400);
  EXPECT_EQ(Worst(CheckKeytabFile(path, us)), "ok");
  chmod(path.c_str(), 0444);
  EXPECT_TRUE(Contains(Worst(CheckKeytabFile(path, us)), "everybody may use it"));
  chmod(path.c_str(), 0460);
  EXPECT_TRUE(Contains(Worst(CheckKeytabFile(path, us)), "may change it"));
  EXPECT_TRUE(Contains(Worst(CheckKeytabFile(dir.Path("none"), us)), "No such file"));
  EXPECT_EQ(Worst(CheckKeytabFile(path, "no-such-user-here")),
            "there is no user no-such-user-here");
}

TEST(KeytabFile, BelongsToRootOrItsUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  TempDir dir;
  dir.Write("keytab", "x");
  const std::string path = dir.Path("keytab");
  chmod(path.c_str(), 0640);
  ASSERT_EQ(chown(path.c_str(), 0, 64321), 0);
  EXPECT_EQ(Worst(CheckKeytabFile(path, "64321")), "ok") << "as the package has it";
  EXPECT_TRUE(Contains(Worst(CheckKeytabFile(path, "64322")), "group 64321 may use it"));
  ASSERT_EQ(chown(path.c_str(), 64323, 64321), 0);
  EXPECT_TRUE(Contains(Worst(CheckKeytabFile(path, "64321")), "it belongs to uid 64323"));
  ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  EXPECT_TRUE(Contains(Worst(CheckKeytabFile(path, "64321")), "64321 cannot read it"));
}

TEST(EdgeUsers, AreComparedByWhoTheyAre) {
  config::ExampleDir dir;
  Context context;
  context.view.configuration = *dir.Load();
  auto& services = context.view.configuration->services;
  ASSERT_EQ(services.size(), 2u);
  EXPECT_EQ(Worst(CheckEdgeUsers(context)), "ok") << "systemd makes them";
  services[0].edge_user = "0";
  services[1].edge_user = "1";
  EXPECT_EQ(Worst(CheckEdgeUsers(context)), "ok");
  for (const char* other : {"root", "00"}) {
    services[1].edge_user = other;
    EXPECT_TRUE(Contains(Worst(CheckEdgeUsers(context)), "are one user, uid 0")) << other;
  }
}

TEST(Keys, AFileThatIsNoKeytabIsReported) {
  TempDir dir;
  dir.Write("keytab", "rubbish");
  EXPECT_NE(Worst(CheckKeytabKeys(dir.Path("keytab"))), "ok");
}

TEST(Configuration, ReportsEachMistake) {
  Context context;
  context.mistakes = {{"a", 1, "x"}, {"b", 2, "y"}};
  Findings found = CheckConfiguration(context);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].text, "a:1: x");
}

TEST(Identities, AreThoseThatServicesAndPeersUse) {
  config::ExampleDir dir;
  auto found = IdentitiesOf(*dir.Load());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].principal, "dns/branch1.example.net@EXAMPLE.NET");
  EXPECT_EQ(found[0].expected, std::vector<std::string>{"dns/ns.hoster.net@EXAMPLE.NET"});
  EXPECT_EQ(found[1].principal, "funnel/branch1.example.net@EXAMPLE.NET");
  EXPECT_TRUE(found[1].initiates);
  EXPECT_EQ(found[2].principal, "ldap/ns.hoster.net@EXAMPLE.NET");
  EXPECT_TRUE(found[2].accepts);
  EXPECT_FALSE(found[2].initiates);
}

TEST(Daemons, SilentOnesAndPeersThatAreDownAreToldWithReasons) {
  config::ExampleDir dir;
  Context context;
  context.view.configuration = *dir.Load();
  context.view.sctpd.error = "there is no control socket";
  EXPECT_TRUE(Contains(Worst(CheckDaemons(context)), "funnel-authd does not answer"));
  EXPECT_TRUE(CheckPeers(context).empty()) << "nothing is known of them";
  context.view.sctpd.status = *ParseSctpdStatus(kSctpdJson);
  EXPECT_EQ(Worst(CheckPeers(context)), "ok");
  context.view.sctpd.status->associations[0].state = "waiting";
  context.view.sctpd.status->associations[0].reason = "no \x1b answer";
  EXPECT_EQ(Worst(CheckPeers(context)), "waiting: no \\x1b answer");
}

TEST(Circles, ServicesThatGoBackToTheirPeerAreReported) {
  config::ExampleDir dir;
  Context context;
  context.view.configuration = *dir.Load();
  EXPECT_EQ(Worst(CheckCircles(context)), "ok");
  auto& services = context.view.configuration->services;
  auto& listening = services[0].role == config::Role::kListen ? services[0] : services[1];
  auto& connecting = services[0].role == config::Role::kListen ? services[1] : services[0];
  connecting.protocol = listening.protocol;
  connecting.connect_address = {{.endpoint = listening.listen_address.front()}};
  EXPECT_TRUE(Contains(Worst(CheckCircles(context)), "runs for ever"));
  connecting.peer = "another";
  EXPECT_EQ(Worst(CheckCircles(context)), "ok") << "it goes on to a third node";
  listening.target = context.view.configuration->node.name + '.';
  listening.wire_name = connecting.wire_name;
  EXPECT_TRUE(Contains(Worst(CheckCircles(context)), "round for ever"));
}

TEST(Suites, AreShownWithTheReasonForNoneBetter) {
  config::ExampleDir dir;
  Context context;
  context.view.configuration = *dir.Load();
  context.view.sctpd.status = *ParseSctpdStatus(kSctpdJson);
  const Findings found = CheckSuites(context);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].subject, "dns");
  EXPECT_EQ(found[0].text,
            "sealed in suite 1 (rfc4121): the acceptor is of a version that has suite 1 only");
  EXPECT_EQ(found[1].text, "no channel is up now");
}

TEST(Suites, ThatRefuseAnOldNodeAreToldWhereItIsOne) {
  config::ExampleDir dir;
  dir.Write("services.d/dns.ini.d/s.ini", "[security]\nsuites = 2 4\n");
  Context context;
  context.view.configuration = *dir.Load();
  context.view.sctpd.status = *ParseSctpdStatus(kSctpdJson);
  context.view.authd.status = *ParseAuthdStatus(kAuthdJson);
  ChannelStatus& channel = context.view.sctpd.status->channels[0];
  channel.suite.reset();
  EXPECT_EQ(Worst(CheckSuites(context)), "ok");
  context.view.authd.status->peers[0].suite = 1;
  EXPECT_TRUE(Contains(Worst(CheckSuites(context)), "peer hoster has proven itself in suite 1"));
  channel.reason = "bad version";
  const Findings found = CheckSuites(context);
  EXPECT_EQ(found[0].verdict, Verdict::kWrong);
  EXPECT_TRUE(Contains(found[0].text, "the last try says: bad version"));
  EXPECT_TRUE(Contains(found[0].todo, "services.d/dns.ini"));
  context.view.authd.status->peers[0].suite = 2;
  EXPECT_EQ(CheckSuites(context)[0].verdict, Verdict::kWarning);
}

TEST(KeyLogs, AreToldOfDaemonsThatRun) {
  Context context;
  EXPECT_EQ(Worst(CheckKeyLogs(context)), "ok");
  metrics::Snapshot counters;
  counters.values = {{"key_log", metrics::Kind::kGauge, 1}};
  context.view.counters.push_back({"funnel-udpd@dns", counters});
  EXPECT_EQ(Worst(CheckKeyLogs(context)), "ok") << "it has ended";
  counters.alive = true;
  context.view.counters.back().snapshot = counters;
  EXPECT_TRUE(Contains(Worst(CheckKeyLogs(context)), "funnel-udpd@dns writes its keys to a file"));
}

TEST(Modules, ThoseThatDifferAreToldOfDaemonsThatRun) {
  Context context;
  EXPECT_EQ(Worst(CheckModules(context)), "ok");
  metrics::Snapshot counters;
  counters.values = {{"channels_modules_differ", metrics::Kind::kGauge, 2}};
  context.view.counters.push_back({"funnel-tcpd@dns", counters});
  EXPECT_EQ(Worst(CheckModules(context)), "ok") << "it has ended";
  counters.alive = true;
  context.view.counters.back().snapshot = counters;
  EXPECT_EQ(Worst(CheckModules(context)),
            "funnel-tcpd@dns: 2 channels have another protocol module at the other end, or none at "
            "one end");
  EXPECT_EQ(CheckModules(context)[0].verdict, Verdict::kWarning);
}

TEST(OwnResolver, IsToldWhereItIsBehindThePeerWhoseNameItIsAsked) {
  config::ExampleDir dir;
  Context context;
  context.view.configuration = *dir.Load();
  auto& configuration = *context.view.configuration;
  auto& services = configuration.services;
  auto& listening = services[0].role == config::Role::kListen ? services[0] : services[1];
  listening.listen_address = {*config::Endpoint::ParseBackend("127.0.0.1:53")};
  for (auto& peer : configuration.peers)
    if (peer.name == listening.peer) peer.connect = {{.host = "ns.hoster.net", .port = 0}};

  TempDir files;
  files.Write("resolv.conf", "# ours\nnameserver 127.0.0.1\n");
  files.Write("hosts", "127.0.0.1 localhost\n");

  auto worst = [&] {
    return Worst(CheckOwnResolver(context, files.Path("resolv.conf"), files.Path("hosts")));
  };

  EXPECT_TRUE(Contains(worst(), "ns.hoster.net is looked up through service dns")) << worst();
  files.Write("hosts", "192.0.2.1 ns ns.hoster.net\n");
  EXPECT_EQ(worst(), "ok");
  files.Write("hosts", "");
  files.Write("resolv.conf", "nameserver 192.0.2.53\n");
  EXPECT_EQ(worst(), "ok");
}

TEST(Names, AreTimed) {
  EXPECT_EQ(Worst(CheckName({.host = "127.0.0.1", .port = 1})), "ok");
  EXPECT_NE(Worst(CheckName({.host = "no such name", .port = 1})), "ok");
}

}  // namespace
}  // namespace funnel::ctl::doctor
