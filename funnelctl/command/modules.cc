// funnelctl modules: the protocol modules that are installed, and why one cannot be used.
#include "common/module/module_file.h"
#include "funnelctl/command.h"
#include "funnelctl/print.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

struct Found {
  std::string name;
  const struct funnel_module* module = nullptr;
  std::string reason;  // why there is none
};

std::string Carries(const struct funnel_module& module) {
  std::string out = module.read != nullptr ? "connections" : "";
  if (module.datagram != nullptr) out += out.empty() ? "datagrams" : ", datagrams";
  return out;
}

std::string AsText(const std::vector<Found>& all, const std::string& folder) {
  Table table({"MODULE", "CARRIES", "PROTOCOL"});
  for (const Found& found : all) {
    if (found.module == nullptr) {
      table.AddRow({Shown(found.name), "-", "cannot be used"});
      table.AddNote("reason: " + Shown(found.reason));
      continue;
    }
    table.AddRow({found.name, Carries(*found.module), Shown(found.module->summary)});
    for (const funnel_option_row* row = found.module->options;
         row != nullptr && row->name != nullptr; ++row)
      table.AddNote(Shown(row->name) + ": " + Shown(row->help));
  }
  return table.empty() ? "No module is installed in " + folder + ".\n" : table.Print();
}

Json AsJson(const std::vector<Found>& all, const std::string& folder) {
  Json modules = Json::array();
  for (const Found& found : all) {
    const struct funnel_module* module = found.module;

    Json options = Json::array();
    for (const funnel_option_row* row = module != nullptr ? module->options : nullptr;
         row != nullptr && row->name != nullptr; ++row)
      options.push_back({{"option", row->name}, {"help", row->help}});

    modules.push_back({{"module", found.name},
                       {"reason", TextOrNull(found.reason)},
                       {"summary", TextOrNull(module != nullptr ? module->summary : "")},
                       {"connections", module != nullptr && module->read != nullptr},
                       {"datagrams", module != nullptr && module->datagram != nullptr},
                       {"options", options}});
  }
  return {{"folder", folder}, {"abi", FUNNEL_MODULE_ABI}, {"modules", modules}};
}

}  // namespace

int RunModules(const Options& options) {
  const std::string folder = options.Value("--modules").value_or(module::kModuleFolder);
  const auto names = module::ListModules(folder);
  if (!names) return Complain(names.error().message);

  std::vector<Found> all;
  bool usable = true;
  for (const std::string& name : *names) {
    const auto loaded = module::LoadModule(folder, name);
    usable = usable && loaded;
    all.push_back({name, loaded ? *loaded : nullptr, loaded ? "" : loaded.error().reason});
  }
  if (options.json)
    PrintJson(AsJson(all, folder));
  else
    PrintText(AsText(all, folder));
  return usable ? kExitOk : kExitFailed;
}

}  // namespace funnel::ctl
