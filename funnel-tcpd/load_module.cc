#include "funnel-tcpd/load_module.h"

#include "common/base/log.h"
#include "common/module/module_file.h"

namespace funnel::tcpd {
namespace {

Result<std::unique_ptr<module::ServiceModule>> Load(const config::ServiceConfig& service,
                                                    const std::string& folder) {
  const auto loaded =
      module::LoadModule(folder.empty() ? module::kModuleFolder : folder, service.module);
  if (!loaded) return Fail(loaded.error().reason);
  if ((*loaded)->read == nullptr)
    return Fail("module " + service.module + " is for datagrams only");
  auto configured = module::ServiceModule::Configure(**loaded, service.module_option);
  if (!configured) return Fail(configured.error().reason);
  return *std::move(configured);
}

}  // namespace

Result<std::unique_ptr<module::ServiceModule>> LoadServiceModule(
    const config::ServiceConfig& service, const std::string& folder) {
  if (service.module.empty()) return nullptr;
  auto module = Load(service, folder);
  if (!module && service.module_required)
    return Fail("module " + service.module + " is required: " + module.error().message);
  if (module) {
    Log(LogLevel::kInfo, "module", "connections are messages of module " + service.module,
        {{"SERVICE", service.name.text()}});
    return *std::move(module);
  }

  Log(LogLevel::kWarning, "module-not-loaded",
      "connections are bytes in order, without module " + service.module + ": " +
          module.error().message,
      {{"SERVICE", service.name.text()}});
  return nullptr;
}

}  // namespace funnel::tcpd
