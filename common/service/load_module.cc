#include "common/service/load_module.h"

#include <string_view>

#include "common/base/log.h"
#include "common/config/no_module.h"
#include "common/module/module_file.h"

namespace funnel::service {
namespace {

Result<std::unique_ptr<module::ServiceModule>> Load(const config::ServiceConfig& service,
                                                    const std::string& folder) {
  const auto loaded =
      module::LoadModule(folder.empty() ? module::kModuleFolder : folder, service.module);
  if (!loaded) return Fail(loaded.error().reason);
  const bool datagrams = service.protocol == config::Protocol::kUdp;
  if (const std::string wrong = module::CheckHalf(**loaded, datagrams); !wrong.empty())
    return Fail("module " + service.module + ' ' + wrong);
  auto configured = module::ServiceModule::Configure(**loaded, service.module_option);
  if (!configured) return Fail(configured.error().reason);
  return *std::move(configured);
}

}  // namespace

Result<std::unique_ptr<module::ServiceModule>> LoadServiceModule(
    const config::ServiceConfig& service, const std::string& folder) {
  if (!config::NamesModule(service.module)) return nullptr;
  const bool datagrams = service.protocol == config::Protocol::kUdp;
  auto module = Load(service, folder);
  if (!module && service.module_required)
    return Fail("module " + service.module + " is required: " + module.error().message);
  if (module) {
    const std::string_view what =
        datagrams ? "datagrams are read by module " : "connections are messages of module ";
    Log(LogLevel::kInfo, "module", std::string(what) + service.module,
        {{"SERVICE", service.name.text()}});
    return *std::move(module);
  }

  const std::string_view what = datagrams ? "datagrams are sent as they are, without module "
                                          : "connections are bytes in order, without module ";
  Log(LogLevel::kWarning, "module-not-loaded",
      std::string(what) + service.module + ": " + module.error().message,
      {{"SERVICE", service.name.text()}});
  return nullptr;
}

}  // namespace funnel::service
