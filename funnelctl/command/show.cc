// funnelctl show: prints the value of each key of a file, and where it was written.
#include "common/config/check/check.h"
#include "funnelctl/command.h"
#include "funnelctl/command/effective.h"
#include "funnelctl/print.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

std::string Place(const EffectiveValue& value) {
  return value.origin ? config::PrintOrigin(*value.origin) : "default";
}

std::string RenderTable(const std::vector<EffectiveKey>& keys) {
  Table table({"SECTION", "KEY", "VALUE", "FROM"});
  for (const EffectiveKey& key : keys) {
    std::string section = '[' + key.section + ']';
    for (const EffectiveValue& value : key.values)
      table.AddRow({section, key.key, Shown(value.text), Place(value)});
    if (key.values.empty())
      table.AddRow({section, key.key, key.unset.empty() ? "-" : '(' + key.unset + ')', "default"});
  }
  return table.Print();
}

Json RenderJson(const std::string& of, const std::string& name,
                const std::vector<EffectiveKey>& keys) {
  Json rows = Json::array();
  for (const EffectiveKey& key : keys) {
    Json values = Json::array();
    for (const EffectiveValue& value : key.values) {
      values.push_back({{"value", value.text},
                        {"default", !value.origin.has_value()},
                        {"file", value.origin ? Json(value.origin->file) : Json()},
                        {"line", value.origin ? Json(value.origin->line) : Json()}});
    }
    rows.push_back({{"section", key.section}, {"key", key.key}, {"values", std::move(values)}});
  }

  return {{"of", of}, {"name", name}, {"keys", std::move(rows)}};
}

int Show(const Options& options, const std::string& of, const std::string& name,
         const std::vector<EffectiveKey>& keys) {
  options.json ? PrintJson(RenderJson(of, name, keys)) : PrintText(RenderTable(keys));
  return kExitOk;
}

int ShowPeer(const Options& options, config::Configuration& configuration,
             const std::string& name) {
  for (config::PeerConfig& peer : configuration.peers) {
    if (peer.name == name)
      return Show(options, "peer", name, EffectiveKeys(config::PeerKeys(), &peer, peer.origins));
  }
  return Complain("there is no peer " + Shown(name) + " in " + options.config_dir + "/peers.d");
}

}  // namespace

int RunShow(const Options& options) {
  std::size_t asked = options.arguments.size() + options.Has("--node") + options.Has("--peer");
  if (asked != 1) {
    Complain("show needs one of SERVICE, --node and --peer NAME");
    return kExitUsage;
  }

  auto configuration = LoadOrComplain(options);
  if (!configuration) return kExitFailed;
  if (options.Has("--node")) {
    config::NodeConfig& node = configuration->node;
    return Show(options, "node", node.name, EffectiveKeys(config::NodeKeys(), &node, node.origins));
  }

  if (auto peer = options.Value("--peer")) return ShowPeer(options, *configuration, *peer);
  const std::string& name = options.arguments.front();
  const config::ServiceConfig* found = FindServiceOrComplain(*configuration, name);
  if (found == nullptr) return kExitFailed;
  config::ServiceConfig service = *found;
  return Show(options, "service", name, EffectiveServiceKeys(service));
}

}  // namespace funnel::ctl
