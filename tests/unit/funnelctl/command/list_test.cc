// services and peers when no daemon runs: what they print then, and that all words appear.
#include "funnelctl/command/service_facts.h"
#include "tests/unit/funnelctl/run_command.h"
#include "tests/unit/funnelctl/status/example_status.h"

namespace funnel::ctl {
namespace {

TEST(Services, ListsWhatIsConfiguredThoughNobodyAnswers) {
  config::ExampleDir dir;
  Ran ran = RunIt(RunServices, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_TRUE(Contains(ran.out, "dns      udp       listen   127.0.0.1:53   hoster")) << ran.out;
  EXPECT_TRUE(Contains(ran.out, "ldap     tcp       connect  127.0.0.1:389  any")) << ran.out;
  EXPECT_TRUE(Contains(ran.err, "funnel-sctpd does not answer: there is no control socket"));
}

TEST(Services, GiveJson) {
  config::ExampleDir dir;
  Options options = OptionsFor(dir);
  options.json = true;
  std::string out = RunIt(RunServices, options).out;
  EXPECT_TRUE(Contains(out, "\"edge\": \"funnel-udpd@dns\""));
  EXPECT_TRUE(Contains(out, "\"sessions\": null"));
}

TEST(Services, SayWhyOneWasRefusedAndCountItsSessions) {
  config::ExampleDir dir;
  NodeView view;
  view.configuration = *dir.Load();
  view.sctpd.status = *ParseSctpdStatus(kSctpdJson);
  view.counters.push_back(
      {"funnel-udpd@dns", metrics::Snapshot{.daemon = "funnel-udpd@dns",
                                            .pid = 1,
                                            .alive = true,
                                            .values = {{"channels_up", metrics::Kind::kGauge, 1},
                                                       {"flows", metrics::Kind::kGauge, 7}}}});
  ServiceFacts dns = FactsOf(view, *view.configuration->FindService("dns"));
  EXPECT_EQ(dns.state, "open");
  EXPECT_EQ(dns.sessions, 7u);
  ServiceFacts ldap = FactsOf(view, *view.configuration->FindService("ldap"));
  EXPECT_EQ(ldap.reason, "not \\x1b[2Jallowed");
  EXPECT_FALSE(ldap.sessions);
}

TEST(Peers, ListsWhatIsConfiguredThoughNobodyAnswers) {
  config::ExampleDir dir;
  Ran ran = RunIt(RunPeers, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_TRUE(Contains(ran.out, "  hoster  unknown"));
  Options options = OptionsFor(dir);
  options.json = true;
  EXPECT_TRUE(Contains(RunIt(RunPeers, options).out, "\"rtt_ms\": null"));
}

TEST(Peers, BrokenConfigurationIsToldWithItsPlace) {
  config::ExampleDir dir;
  dir.Write("funnel.conf", "[node]\nnaem = x\n");
  Ran ran = RunIt(RunPeers, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_TRUE(Contains(ran.err, "funnel.conf:2: unknown key naem"));
}

}  // namespace
}  // namespace funnel::ctl
