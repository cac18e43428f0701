#include "funnelctl/command/check_modules.h"

#include "common/config/no_module.h"
#include "common/module/module_file.h"
#include "common/module/service_module.h"

namespace funnel::ctl {
namespace {

using config::Origin;

config::Mistake At(const Origin& at, std::string text) {
  return {at.file, at.line, std::move(text)};
}

// Where option INDEX of SERVICE was written.
Origin PlaceOf(const config::ServiceConfig& service, std::optional<std::size_t> index) {
  const auto places = service.origins.find("service.module-option");
  if (index && places != service.origins.end() && *index < places->second.size())
    return places->second[*index];
  return config::FindOrigin(service.origins, "service", "module");
}

void CheckModule(const config::ServiceConfig& service, const std::string& folder,
                 ModuleFindings& findings) {
  const Origin at = config::FindOrigin(service.origins, "service", "module");
  config::Mistakes& list = service.module_required ? findings.mistakes : findings.warnings;
  const auto loaded = module::LoadModule(folder, service.module);
  if (!loaded) {
    list.push_back(At(at, "module: " + loaded.error().reason));
    return;
  }
  const bool datagrams = service.protocol == config::Protocol::kUdp;
  if (const std::string wrong = module::CheckHalf(**loaded, datagrams); !wrong.empty()) {
    list.push_back(At(at, "module: " + service.module + ' ' + wrong));
    return;
  }

  const auto configured = module::ServiceModule::Configure(**loaded, service.module_option);
  if (configured) return;
  findings.mistakes.push_back(At(PlaceOf(service, configured.error().index),
                                 "module-option: " + configured.error().reason));
}

}  // namespace

ModuleFindings CheckModules(const config::Configuration& configuration, const std::string& folder) {
  ModuleFindings findings;
  for (const config::ServiceConfig& service : configuration.services)
    if (config::NamesModule(service.module)) CheckModule(service, folder, findings);
  return findings;
}

}  // namespace funnel::ctl
