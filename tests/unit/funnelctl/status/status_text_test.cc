#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "funnelctl/status/status_view.h"
#include "tests/unit/config/example.h"
#include "tests/unit/funnelctl/status/example_status.h"

namespace funnel::ctl {
namespace {

constexpr std::int64_t kNow = 1795230100;

metrics::Snapshot Counters(std::string daemon, std::uint64_t pid, bool alive) {
  return {.daemon = std::move(daemon),
          .pid = pid,
          .started = 1795230000,
          .starts = 2,
          .beat = 1795230040,
          .alive = alive,
          .values = {{"frames_sent", metrics::Kind::kCounter, 12},
                     {"frames_replayed", metrics::Kind::kCounter, 0}}};
}

class StatusText : public testing::Test {
 protected:
  StatusText() {
    setenv("TZ", "UTC", 1);
    tzset();
    view_.now = kNow;
    view_.config_dir = "/etc/funnel";
    view_.configuration = *dir_.Load();
    view_.sctpd.status = *ParseSctpdStatus(kSctpdJson);
    view_.sctpd.json = kSctpdJson;
    view_.authd.status = *ParseAuthdStatus(kAuthdJson);
    view_.authd.json = kAuthdJson;
    view_.counters.push_back({"funnel-udpd@dns", Counters("funnel-udpd@dns", 99, true)});
  }
  void Expect(std::string_view part) {
    std::string text = RenderText(view_);
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
  }
  // sctpd does not answer.
  void Silence(const char* error) {
    view_.sctpd = {};
    view_.sctpd.error = error;
  }
  // Leaves only what works.
  void MendAll() {
    view_.sctpd.status->associations.resize(1);
    view_.sctpd.status->channels.resize(1);
    view_.authd.status->identities.resize(1);
  }

  config::ExampleDir dir_;
  NodeView view_;
};

TEST_F(StatusText, ShowsAssociationsWithTheirPrincipals) {
  Expect(
      "  hoster   up                1 min 39 s  192.0.2.1:9899  udp      12 ms  2         1000 B  "
      "2.0 KiB\n");
  Expect(
      "is funnel/ns.hoster.net@EXAMPLE.NET until 2026-11-21 13:00:00; we are "
      "funnel/branch1.example.net@EXAMPLE.NET");
  Expect("last problem: no answer");
  Expect("next try in 1.5 s");
  Expect(
      "delivers 10 MiB/s (cruise), least round trip 10 ms, 62 KiB of 125 KiB in flight, packets of "
      "1464 B; 12 lost (1 of them only late), 13 sent again");
  Expect("trying 192.0.2.1 (direct)");
  Expect("not direct: no answer; tried again in 9 min");
  Expect("... and 3 more");
}

TEST_F(StatusText, ShowsChannelsWithPrincipalsAndReasons) {
  Expect("we are dns/branch1.example.net@EXAMPLE.NET, they are dns/ns.hoster.net@EXAMPLE.NET");
  Expect("(authenticated)");
}

TEST_F(StatusText, EscapesRemoteText) {
  Expect("not \\x1b[2Jallowed");
  EXPECT_EQ(RenderText(view_).find('\x1b'), std::string::npos);
}

TEST_F(StatusText, ShowsRefusalsAndFailures) {
  Expect("2026-11-21 03:00:02  ldap     hoster refused us  refused (not authenticated)");
  Expect("cannot contact any KDC for realm EXAMPLE.NET");
}

TEST_F(StatusText, ShowsServicesAndCounters) {
  Expect("  dns      udp       open ");
  Expect("listens on 127.0.0.1:53");
  Expect("frames_sent  12");
  EXPECT_EQ(RenderText(view_).find("frames_replayed"), std::string::npos) << "it is 0";
  Expect("started 2 times");
}

TEST_F(StatusText, PutsWhatNeedsAttentionFirst) {
  EXPECT_EQ(FindProblems(view_),
            (std::vector<std::string>{
                "peer branch2 is not connected (waiting): no answer",
                "service ldap to hoster refused: not \\x1b[2Jallowed",
                "ldap/branch1.example.net@EXAMPLE.NET: the keytab has no key for it",
            }));
  Expect("Needs attention\n  * peer branch2");
}

TEST_F(StatusText, ShowsHowEachServiceIsSealedAndWhyNoBetter) {
  Expect("sealed in suite 1 (rfc4121): the acceptor is of a version that has suite 1 only");
  EXPECT_NE(
      RenderJson(view_).find("\"suite\": 1,\n      \"suite_reason\": \"the acceptor is of a "),
      std::string::npos)
      << RenderJson(view_);
}

TEST_F(StatusText, SaysThatKeysAreWrittenToAFile) {
  MendAll();
  view_.counters[0].snapshot->values.push_back({"key_log", metrics::Kind::kGauge, 1});
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{"funnel-udpd@dns writes its keys to a file (key-log): whoever "
                                     "reads it can read all that is carried"});
}

TEST_F(StatusText, SaysThatModulesDifferButThatIsNoProblem) {
  MendAll();
  view_.counters[0].snapshot->values.push_back(
      {"channels_modules_differ", metrics::Kind::kGauge, 1});
  EXPECT_EQ(FindProblems(view_), std::vector<std::string>{});
  Expect("1 channel with another module at the other end, or none at one end");
}

TEST_F(StatusText, SaysWhyAServiceDoesNotAccept) {
  MendAll();
  auto& values = view_.counters[0].snapshot->values;
  values.push_back({"not_accepting", metrics::Kind::kGauge, 1});
  Expect("does not accept: no channel is open\n");
  view_.sctpd.status->associations[0].state = "down";
  EXPECT_EQ(FindProblems(view_).back(),
            "service dns does not accept: no channel is open: peer hoster is not connected");
  view_.sctpd.status->channels[0].reason = "\x1b";
  Expect("does not accept: no channel is open: \\x1b\n");
  values.push_back({"draining", metrics::Kind::kGauge, 1});
  Expect("does not accept: it is drained\n");
}

TEST_F(StatusText, SaysThatNoBackendWorksAtEitherEnd) {
  MendAll();
  auto& values = view_.counters[0].snapshot->values;
  values.push_back({"channels_no_backend", metrics::Kind::kGauge, 1});
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{"service dns: no backend at the far end works"});
  Expect("    no backend at the far end works\n");
  values.push_back({"not_accepting", metrics::Kind::kGauge, 1});
  EXPECT_EQ(
      FindProblems(view_),
      std::vector<std::string>{"service dns does not accept: no backend at the far end works"});

  values = {{"channels_drained_there", metrics::Kind::kGauge, 1}};
  Expect("the far end is drained");
  values = {{"backends_all_down", metrics::Kind::kGauge, 1}};
  view_.configuration->services[0].on_backend_down = config::OnBackendDown::kRefuse;
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{"service dns: all backends fail their checks, so new "
                                     "connections are refused (on-backend-down); funnelctl "
                                     "backends dns shows why"});
}

TEST_F(StatusText, SaysWhenAllIsWell) {
  MendAll();
  Expect("All well.");
}

TEST_F(StatusText, SaysWhichDaemonIsSilentAndSinceWhen) {
  MendAll();
  view_.counters.push_back({"funnel-sctpd", Counters("funnel-sctpd", 4711, false)});
  Silence("no answer in time");
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{"funnel-sctpd does not answer: no answer in time; by its "
                                     "counters it DIED, last seen 1 min ago"});
  Expect("DIED, last seen 1 min ago");
  view_.counters.back().snapshot = Counters("funnel-sctpd", 4711, true);
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{
                "funnel-sctpd does not answer: no answer in time; its process 4711 lives"});
  Expect("DOES NOT ANSWER");
  view_.counters.back().snapshot = Counters("funnel-sctpd", 0, false);
  Expect("stopped 1 min ago");
}

TEST_F(StatusText, ReportsDeadEdgesAndUnreadableCounters) {
  MendAll();
  view_.counters[0].snapshot = Counters("funnel-udpd@dns", 99, false);
  view_.counters.push_back({"rubbish", Fail("not a counter file")});
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{"funnel-udpd@dns DIED, last seen 1 min ago"});
  Expect("rubbish: not a counter file");
}

TEST_F(StatusText, NamesABackendThatTakesNothing) {
  MendAll();
  config::ServiceConfig& service = view_.configuration->services[0];
  service.role = config::Role::kConnect;
  service.connect_address = {*config::Backend::Parse("localhost:53")};
  metrics::Snapshot& counters = *view_.counters[0].snapshot;
  EXPECT_TRUE(FindProblems(view_).empty());
  counters.values.push_back({"backend_failing_since", metrics::Kind::kGauge, 1795230040});
  ASSERT_EQ(FindProblems(view_).size(), 1u);
  EXPECT_EQ(
      FindProblems(view_)[0],
      "service dns: its backend localhost:53 has accepted nothing for 1 min; the log of its edge "
      "shows what it answers");
  counters.values.back().value = 0;
  EXPECT_TRUE(FindProblems(view_).empty());
}

TEST_F(StatusText, NamesASourceThatIsNotHad) {
  MendAll();
  config::ServiceConfig& service = view_.configuration->services[0];
  service.role = config::Role::kConnect;
  service.source = *config::Source::Parse("192.0.2.1:20000-20009");
  metrics::Snapshot& counters = *view_.counters[0].snapshot;
  counters.values.push_back({"source_missing_since", metrics::Kind::kGauge, 1795230040});
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{
                "service dns: nothing has gone out from source = 192.0.2.1:20000-20009 for 1 min; "
                "the log of its edge says why"});
  counters.values.back().value = 0;
  EXPECT_TRUE(FindProblems(view_).empty());
}

TEST_F(StatusText, WorksWithoutConfiguration) {
  view_.configuration.reset();
  view_.mistakes = 2;
  Expect("the configuration in /etc/funnel has 2 mistakes: funnelctl check shows them");
  Expect("Node branch1.example.net");
}

TEST_F(StatusText, ReportsThatSctpdHasNoAuthd) {
  MendAll();
  view_.sctpd.status->authd_connected = false;
  EXPECT_EQ(FindProblems(view_),
            std::vector<std::string>{"funnel-sctpd is not connected to funnel-authd"});
}

TEST_F(StatusText, APeerOnDemandMayBeAway) {
  MendAll();
  view_.sctpd.status->associations[0].state = "down";
  EXPECT_EQ(FindProblems(view_).size(), 1u);
  view_.configuration->peers[0].when = config::When::kOnDemand;
  EXPECT_TRUE(FindProblems(view_).empty());
}

TEST_F(StatusText, JsonHoldsBothAnswersAndTheCounters) {
  std::string json = RenderJson(view_);
  EXPECT_NE(json.find("\"sctpd\": {"), std::string::npos);
  EXPECT_NE(json.find("\"engine\": \"own\""), std::string::npos);
  EXPECT_NE(json.find("\"authd_error\": null"), std::string::npos);
  EXPECT_NE(json.find("\"frames_replayed\": 0"), std::string::npos);
  EXPECT_TRUE(ParseSctpdStatus(json)) << "it is a JSON object";
  Silence("no answer in time");
  EXPECT_NE(RenderJson(view_).find("\"sctpd\": null"), std::string::npos);
  EXPECT_NE(RenderJson(view_).find("\"sctpd_error\": \"no answer in time\""), std::string::npos);
}

}  // namespace
}  // namespace funnel::ctl
