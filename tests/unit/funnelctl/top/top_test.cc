#include "funnelctl/top/frame.h"
#include "funnelctl/top/json.h"
#include "tests/unit/funnelctl/run_command.h"
#include "tests/unit/funnelctl/status/example_status.h"

namespace funnel::ctl {
namespace {

using namespace std::chrono_literals;

metrics::CounterFileEntry Edge(std::uint64_t sent, std::uint64_t late, std::uint64_t starts = 1) {
  return {"funnel-udpd@dns",
          metrics::Snapshot{.daemon = "funnel-udpd@dns",
                            .pid = 1,
                            .starts = starts,
                            .alive = true,
                            .values = {{"payload_bytes_sent", metrics::Kind::kCounter, sent},
                                       {"datagrams_late", metrics::Kind::kCounter, late},
                                       {"flows", metrics::Kind::kGauge, 9}}}};
}

class Top : public testing::Test {
 protected:
  Top() {
    before_.at = TimePoint{};
    now_.at = before_.at + 2s;
    for (Look* look : {&before_, &now_}) {
      look->view.configuration = *dir_.Load();
      look->view.sctpd.status = *ParseSctpdStatus(kSctpdJson);
      look->view.authd.status = *ParseAuthdStatus(kAuthdJson);
    }
    before_.view.counters.push_back(Edge(1000, 0));
    now_.view.counters.push_back(Edge(5000, 1));
    now_.view.sctpd.status->associations[0].bytes_sent += 4096;
  }
  std::string Text(FrameOptions options = {}) {
    std::string out;
    for (const FrameLine& line : RenderFrame(before_, now_, options)) out += line.text + '\n';
    return out;
  }

  config::ExampleDir dir_;
  Look before_, now_;
};

TEST_F(Top, ComputesRatesFromTwoLooks) {
  ServiceTraffic dns = TrafficOfServices(before_, now_).front();
  EXPECT_EQ(dns.bytes_out, 2000);
  EXPECT_EQ(dns.dropped, 0.5);
  EXPECT_EQ(dns.dropped_in_all, 1u);
  EXPECT_EQ(dns.sessions, 9u);
  EXPECT_EQ(dns.rtt_ms, 12.5);
  EXPECT_EQ(TrafficOfPeers(before_, now_).front().bytes_out, 2048);
}

TEST_F(Top, HasNoRateAcrossARestart) {
  now_.view.counters[0] = Edge(5000, 1, /*starts=*/2);
  EXPECT_FALSE(TrafficOfServices(before_, now_).front().bytes_out);
  before_.view.counters.clear();
  EXPECT_FALSE(TrafficOfServices(before_, now_).front().dropped);
}

TEST_F(Top, ShowsRatesLatencyQueuesAndDrops) {
  std::string text = Text();
  EXPECT_TRUE(Contains(text, "2.0 KiB")) << text;
  EXPECT_TRUE(Contains(text, "  dns      listen   9         2.0 KiB")) << text;
  EXPECT_TRUE(Contains(text, "* peer branch2 is not connected")) << text;
  EXPECT_TRUE(Contains(text, "12 ms"));
}

TEST_F(Top, CutsToTheTerminalAndSaysSo) {
  auto lines = RenderFrame(before_, now_, {.columns = 20, .rows = 5});
  ASSERT_EQ(lines.size(), 5u);
  for (const FrameLine& line : lines) EXPECT_LE(line.text.size(), 20u);
  EXPECT_TRUE(lines.back().text.starts_with("... "));
}

TEST_F(Top, SortsTheMostFirst) {
  now_.view.configuration->services[0].name = *ServiceName::Parse("zz");
  std::string by_name = Text();
  EXPECT_LT(by_name.find("  zz "), by_name.find("  ldap "));
  now_.view.configuration = *dir_.Load();
  std::swap(now_.view.configuration->services[0], now_.view.configuration->services[1]);
  std::string by_traffic = Text({.sort = Sort::kTraffic});
  EXPECT_LT(by_traffic.find("  dns "), by_traffic.find("  ldap "));
  EXPECT_EQ(NextSort(Sort::kDropped), Sort::kName);
}

TEST_F(Top, ShowsProgramsTheSame) {
  Json json = TrafficAsJson(before_, now_);
  EXPECT_EQ(json["interval_ms"], 2000);
  EXPECT_EQ(json["node"], "branch1.example.net");
  EXPECT_FALSE(json["problems"].empty());
  const Json& dns = json["services"][0];
  EXPECT_EQ(dns["service"], "dns");
  EXPECT_EQ(dns["bytes_out_per_s"], 2000);
  EXPECT_EQ(dns["dropped_per_s"], 0.5);
  EXPECT_EQ(dns["dropped_total"], 1);
  EXPECT_EQ(dns["rtt_ms"], 12.5);
  EXPECT_EQ(json["peers"][0]["bytes_out_per_s"], 2048);
  EXPECT_TRUE(json["services"][1]["bytes_out_per_s"].is_null()) << "no counters";
}

TEST_F(Top, WorksWithNothingToShow) {
  Look nothing;
  EXPECT_EQ(TrafficAsJson(nothing, nothing)["services"], Json::array());
  EXPECT_FALSE(RenderFrame(nothing, nothing, {}).empty());
}

TEST(TopCommand, PrintsOnceAndRefusesBadIntervals) {
  config::ExampleDir dir;
  Options options = OptionsFor(dir);
  options.own["--once"] = "";
  options.own["--interval"] = "100ms";
  Ran ran = RunIt(RunTop, options);
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_TRUE(Contains(ran.out, "Node branch1.example.net"));
  options.json = true;
  ran = RunIt(RunTop, options);
  EXPECT_GE(Json::parse(ran.out)["interval_ms"], 100);
  options.own["--interval"] = "5";
  EXPECT_EQ(RunIt(RunTop, options).status, kExitUsage);
}

}  // namespace
}  // namespace funnel::ctl
