// funnelctl help-config: prints the table that the daemons parse by.
#include "common/config/keys/help.h"
#include "funnelctl/command.h"
#include "funnelctl/print.h"

namespace funnel::ctl {
namespace {

Json KeysAsJson() {
  Json out = Json::array();
  for (const config::ConfigFile& file : config::ConfigFiles()) {
    for (const config::KeyRow& row : file.rows()) {
      out.push_back({{"file", file.name},
                     {"section", row.section},
                     {"key", row.key},
                     {"help", row.help},
                     {"syntax", config::DescribeType(row.type)},
                     {"default", TextOrNull(config::PrintDefault(row))},
                     {"range", TextOrNull(config::PrintRange(row.type, row.range))},
                     {"at_most", TextOrNull(config::DescribeMost(row))},
                     {"applied_by", config::DescribeApplied(row)},
                     {"counted_in", TextOrNull(std::string(row.counted_in))},
                     {"required", row.need == config::Need::kRequired},
                     {"repeated", row.need == config::Need::kList},
                     {"only_for", TextOrNull(config::DescribeApplies(row))},
                     {"since", row.since}});
    }
  }

  return out;
}

}  // namespace

int RunHelpConfig(const Options& options) {
  options.json ? PrintJson(KeysAsJson()) : PrintText(config::HelpForKeys());
  return kExitOk;
}

}  // namespace funnel::ctl
