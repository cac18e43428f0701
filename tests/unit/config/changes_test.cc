#include "common/config/changes.h"

#include <gtest/gtest.h>

#include "common/config/reload_report.h"

namespace funnel::config {
namespace {

TEST(Changes, AreFoundKeyByKey) {
  Configuration before, after;
  before.peers = {{.name = "gone"}, {.name = "stays"}};
  after.peers = {{.name = "comes"}, {.name = "stays"}};
  before.services.emplace_back().name = after.services.emplace_back().name =
      *ServiceName::Parse("dns");
  after.services[0].idle_timeout = 7s;
  after.node.control.commands = 4;
  std::vector<std::string> found;
  for (const Change& change : FindChanges(before, after)) found.push_back(change.Print());
  EXPECT_EQ(found, (std::vector<std::string>{
                       "funnel.conf: [control] commands = 4 (was 16)", "peers.d/comes.ini: is new",
                       "peers.d/gone.ini: has gone",
                       "services.d/dns.ini: [service] idle-timeout = 7s (was 1min)"}));
  EXPECT_TRUE(FindChanges(after, after).empty());
}

TEST(ReloadReport, IsJson) {
  ReloadReport report{.daemon = "funnel-sctpd"};
  report.left = {{"[node] name", "systemctl restart funnel-sctpd.service"}};
  EXPECT_EQ(ReportJson(report),
            "{\"daemon\":\"funnel-sctpd\",\"ok\":true,\"mistakes\":[],\"changed\":[],"
            "\"needs_restart\":[{\"key\":\"[node] name\",\"command\":\"systemctl restart "
            "funnel-sctpd.service\"}]}");
  report.mistakes = {{"/etc/funnel/funnel.conf", 3, "no"}};
  EXPECT_NE(ReportJson(report).find("\"ok\":false,\"mistakes\":[{\"file\":\"/etc/funnel/"
                                    "funnel.conf\",\"line\":3,\"text\":\"no\"}]"),
            std::string::npos);
}

}  // namespace
}  // namespace funnel::config
