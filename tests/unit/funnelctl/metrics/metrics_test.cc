#include <unistd.h>

#include <set>

#include "common/base/version.h"
#include "common/metrics/counters.h"
#include "common/service/counters.h"
#include "funnelctl/counter_owner.h"
#include "funnelctl/metrics/paths.h"
#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

metrics::CounterFileEntry File(std::string name, std::vector<metrics::CounterValue> values) {
  return {name, metrics::Snapshot{.daemon = name,
                                  .pid = 5,
                                  .started = 1000,
                                  .starts = 3,
                                  .beat = 1090,
                                  .alive = true,
                                  .values = std::move(values)}};
}

std::string Exposed(std::vector<metrics::CounterFileEntry> files) {
  return RenderExposition(CollectFamilies(files, 1100));
}

TEST(Families, EachHasADistinctNameAndOneSentenceOfHelp) {
  std::set<std::string> seen;
  for (const Family& family : CollectFamilies({}, 0)) {
    EXPECT_TRUE(seen.insert(family.name).second) << family.name << " is there twice";
    EXPECT_TRUE(family.help.ends_with('.')) << family.name << " has no help";
    EXPECT_EQ(family.help.find_first_of("\n\t\\"), std::string::npos) << family.name;
    EXPECT_EQ(family.counter, family.name.ends_with("_total")) << family.name;
  }
}

TEST(Families, GiveValuesWithDaemonAndService) {
  std::string text = Exposed({File("funnel-udpd@dns", {{"frames_sent", metrics::Kind::kCounter, 12},
                                                       {"flows", metrics::Kind::kGauge, 3}})});
  EXPECT_TRUE(
      Contains(text,
               "# HELP funnel_edge_frames_sent_total Frames sent.\n"
               "# TYPE funnel_edge_frames_sent_total counter\n"
               "funnel_edge_frames_sent_total{daemon=\"funnel-udpd\",service=\"dns\"} 12\n"))
      << text;
  EXPECT_TRUE(Contains(text, "# TYPE funnel_udpd_flows gauge\nfunnel_udpd_flows{daemon="));
  EXPECT_FALSE(Contains(text, "funnel_tcpd_sessions"));
}

TEST(Families, TellOfEachDaemonWhetherItLives) {
  std::string text = Exposed({File("funnel-sctpd", {})});
  EXPECT_TRUE(Contains(text, "funnel_up{daemon=\"funnel-sctpd\"} 1\n"));
  EXPECT_TRUE(Contains(text, "funnel_beat_age_seconds{daemon=\"funnel-sctpd\"} 10\n"));
  EXPECT_TRUE(Contains(text, "funnel_starts_total{daemon=\"funnel-sctpd\"} 3\n"));
  EXPECT_TRUE(Contains(text, "funnel_build_info{version=\"" + std::string(kVersion) + "\"} 1\n"));
}

// Several users may create files in the folder of counters.
TEST(Families, RejectFilesThatAreNoDaemons) {
  std::string text = Exposed({File("funnel-udpd@a\"b", {}),
                              File("funnel-xd", {}),
                              File("", {}),
                              File("funnel-sctpd@x", {}),
                              {"funnel-authd", Fail("rubbish")}});
  EXPECT_TRUE(Contains(text, "funnel_rejected_files 5\n")) << text;
  EXPECT_FALSE(Contains(text, "daemon="));
}

TEST(Families, AnUnknownOrRepeatedCounterGivesNoSecondSample) {
  std::string text =
      Exposed({File("funnel-authd", {{"rekeys", metrics::Kind::kCounter, 1},
                                     {"rekeys", metrics::Kind::kCounter, 2},
                                     {"from_the_future", metrics::Kind::kCounter, 9}})});
  EXPECT_TRUE(Contains(text, "funnel_authd_rekeys_total{daemon=\"funnel-authd\"} 1\n"));
  EXPECT_FALSE(Contains(text, "} 2\n"));
  EXPECT_FALSE(Contains(text, "from_the_future"));
}

AssociationStatus Up(std::string peer, std::vector<PathStatus> paths) {
  AssociationStatus out;
  out.peer = std::move(peer);
  out.state = "up";
  out.paths = std::move(paths);
  return out;
}

TEST(Paths, EachOfAVerifiedPeerHasItsFigures) {
  PathStatus used{.address = "192.0.2.1:9899", .carrier = "udp", .state = "active"};
  used.srtt_ms = 50;
  used.least_rtt_ms = 48.25;
  used.congestion = "cruise";
  used.pacing_rate = 1'000'000;
  used.retransmitted = 7;
  const PathStatus spare{.address = "192.0.2.9:9899", .carrier = "udp", .state = "reachable"};
  AssociationStatus stranger = Up("", {used}), down = Up("other", {used});
  down.state = "connecting";

  const std::string text =
      RenderExposition(PathFamilies({Up("hoster", {used, spare, used}), stranger, down}));
  const std::string labels = "{peer=\"hoster\",address=\"192.0.2.1:9899\",carrier=\"udp\"";
  EXPECT_TRUE(Contains(text, "# TYPE funnel_path_rtt_seconds gauge\nfunnel_path_rtt_seconds" +
                                 labels + "} 0.050000\n"))
      << text;
  EXPECT_TRUE(Contains(text, "funnel_path_least_rtt_seconds" + labels + "} 0.048250\n"));
  EXPECT_TRUE(Contains(text, "funnel_path_pacing_bytes_per_second" + labels + "} 1000000\n"));
  EXPECT_TRUE(Contains(text, "funnel_path_retransmitted_chunks_total" + labels + "} 7\n"));
  EXPECT_TRUE(
      Contains(text, "funnel_path_info" + labels + ",state=\"active\",congestion=\"cruise\"} 1\n"));
  // What was never measured has no value, and nothing is there twice or of others.
  EXPECT_TRUE(Contains(text, "state=\"reachable\""));
  EXPECT_FALSE(Contains(text, "funnel_path_rtt_seconds{peer=\"hoster\",address=\"192.0.2.9"));
  EXPECT_FALSE(Contains(text, "other"));
  EXPECT_EQ(text.find(labels + ",state"), text.rfind(labels + ",state"));
}

TEST(Paths, WhatADaemonSaysCannotBreakTheFormat) {
  const PathStatus path{.address = "a\"} 1\nb\\", .carrier = "udp", .state = "active"};
  const std::string text = RenderExposition(PathFamilies({Up("hoster", {path})}));
  EXPECT_TRUE(Contains(text, "address=\"a\\\"} 1")) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

TEST(Metrics, ReadsTheFilesOfARunningDaemon) {
  TempDir dir;
  std::filesystem::create_directory(dir.Path("counters"));
  auto counters = metrics::CounterFile::Create(dir.Path("counters/funnel-tcpd@ldap"),
                                               "funnel-tcpd@ldap", service::kCommonTable);
  counters[service::kChannelsUp] = 4;
  Ran ran = RunIt(RunMetrics, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_TRUE(
      Contains(ran.out, "funnel_edge_channels_up{daemon=\"funnel-tcpd\",service=\"ldap\"} 4\n"));
  EXPECT_TRUE(Contains(ran.out, "funnel_up{daemon=\"funnel-tcpd\",service=\"ldap\"} 1\n"));
}

// An edge that was taken over may create the file of a service that has not been started yet.
TEST(Metrics, LeavesOutCountersThatAreNotTheirServices) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make a file another's";
  config::ExampleDir example;
  auto loaded = example.Load();
  ASSERT_TRUE(loaded);
  for (auto& service : loaded->services) service.edge_user = "64007";
  const metrics::OwnerCheck check = OwnersBy(*loaded);
  const std::string file = "funnel-udpd@" + loaded->services.front().name.text();
  EXPECT_TRUE(check(file, 64007));
  EXPECT_TRUE(check(file, 0));
  auto forged = check(file, 64008);
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().message, "it belongs to uid 64008, not to 64007");
  EXPECT_FALSE(check("funnel-authd", 1));
  EXPECT_TRUE(check("funnel-udpd@of-before", 64008)) << "no service of this node";

  TempDir dir;
  auto counters = metrics::CounterFile::Create(dir.Path(file), file, service::kCommonTable);
  ASSERT_EQ(chown(dir.Path(file).c_str(), 64008, 64008), 0);
  auto read = metrics::ReadCounterFolder(dir.path(), check);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->front().snapshot);
  EXPECT_TRUE(metrics::ReadCounterFolder(dir.path())->front().snapshot);
}

TEST(Metrics, FailsWithoutCountersAndListsWithoutThem) {
  TempDir dir;
  EXPECT_EQ(RunIt(RunMetrics, OptionsFor(dir)).status, kExitFailed);
  Options list = OptionsFor(dir);
  list.own["--list"] = "";
  Ran ran = RunIt(RunMetrics, list);
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_TRUE(Contains(ran.out, "funnel_udpd_flows\tgauge\tdaemon,service\tFlows now.\n"));
}

}  // namespace
}  // namespace funnel::ctl
