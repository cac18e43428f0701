#include "common/config/check/changes.h"

#include <gtest/gtest.h>

#include "common/config/check/reload_report.h"

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

// A reload does for each key what the table says.
TEST(PutBackFixed, PutsBackWhatOnlyARestartChangesAndNothingElse) {
  for (const KeyRow& row : NodeKeys()) {
    if (PrintRange(row.type, row.range).empty()) continue;
    NodeConfig running, next;
    const bool at_most = NumberOf(row.member.in(&next)) == row.range.max;
    const std::int64_t other = at_most ? row.range.min : row.range.max;
    ASSERT_TRUE(
        ParseValue(row.type, row.range, PrintNumber(row.type, other), row.member.in(&running)));
    const bool restart = row.applied != Applied::kReload;
    auto left = PutBackFixed(running, next, {row.section});
    EXPECT_EQ(left.size(), restart ? 1u : 0u) << row.key;
    EXPECT_EQ(
        PrintValue(row.type, row.member.in(&next)) == PrintValue(row.type, row.member.in(&running)),
        restart)
        << row.key;
  }
}

TEST(PutBackFixed, LeavesOtherDaemonsSectionsAlone) {
  NodeConfig running, next;
  next.sctp.streams = 100;
  next.name = "x";
  EXPECT_TRUE(PutBackFixed(running, next, {"kerberos"}).empty());
  EXPECT_EQ(next.sctp.streams, 100u);
}

TEST(PutBackFixed, KeepsAnAddresssPortWithTheKeyThatSetsIt) {
  NodeConfig running, next;
  running.sctp.listen = {*SocketAddress::FromLiteral("192.0.2.1", 9899)};
  next.sctp.listen = {*SocketAddress::FromLiteral("192.0.2.1", 4500)};
  next.sctp.udp_port = 4500;
  auto left = PutBackFixed(running, next, {"node", "sctp"});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]->key, "udp-port");
  EXPECT_EQ(next.sctp.listen[0].port(), 9899);
}

TEST(ReloadReport, IsJson) {
  ReloadReport report{.daemon = "funnel-sctpd"};
  report.left = {{std::string("[node] name"), "systemctl restart funnel-sctpd.service"}};
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
