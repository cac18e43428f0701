// What is true for all commands.
#include <set>

#include "common/config/keys/keys.h"
#include "funnelctl/print.h"
#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

TEST(Commands, AllThatOnlyReadHaveJson) {
  for (const Command& command : Commands())
    EXPECT_TRUE(command.json || command.changes) << command.name;
}

TEST(Commands, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const Command& command : Commands()) EXPECT_TRUE(names.insert(command.name).second);
}

TEST(HelpConfig, ListsEveryKeyForProgramsToo) {
  Options options;
  options.json = true;
  const Json keys = Json::parse(RunIt(RunHelpConfig, options).out);
  EXPECT_EQ(keys.size(),
            config::NodeKeys().size() + config::PeerKeys().size() + config::ServiceKeys().size());
  EXPECT_EQ(keys[0]["file"], "funnel.conf");
  EXPECT_EQ(keys[0]["key"], "name");
  EXPECT_EQ(keys[0]["required"], true);
  EXPECT_TRUE(keys[0]["default"].is_null());
  options.json = false;
  EXPECT_TRUE(Contains(RunIt(RunHelpConfig, options).out, "funnel.conf\n\n[node]\n  name = "));
}

TEST(Commands, SayWhereNothingRuns) {
  config::ExampleDir dir;
  EXPECT_EQ(RunIt(RunReload, OptionsFor(dir, {"all"})).out,
            "no daemon runs here; each reads the configuration when it starts\n");
  for (auto run : {RunDrain, RunResume}) {
    Ran ran = RunIt(run, OptionsFor(dir, {"all"}));
    EXPECT_EQ(ran.out, "no service's daemon runs here\n");
    EXPECT_EQ(ran.status, kExitOk);
  }
}

}  // namespace
}  // namespace funnel::ctl
