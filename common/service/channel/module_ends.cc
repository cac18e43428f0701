#include "common/service/channel/module_ends.h"

#include "common/base/log.h"
#include "common/config/no_module.h"
#include "common/service/counters.h"
#include "modules/module.h"

namespace funnel::service {
namespace {

EndModule Of(const config::ServiceConfig& service, const std::string& loaded) {
  if (loaded.empty()) return {.abi = 0, .name = service.module};
  return {.abi = FUNNEL_MODULE_ABI, .name = loaded};
}

// An end whose service says that it is to have none.
bool WithoutOnPurpose(const EndModule& module) {
  return !module.loaded() && module.name == config::kNoModule;
}

// "module dns", "module dns that is not loaded", "no module".
std::string Words(const EndModule& module) {
  if (module.name.empty()) return "no module";
  return "module " + module.name + (module.loaded() ? "" : " that is not loaded");
}

}  // namespace

std::string CostOfModules(const EndModule& ours, const EndModule& theirs,
                          config::Protocol protocol) {
  if (WithoutOnPurpose(ours) || WithoutOnPurpose(theirs)) return {};
  if (ours.loaded() == theirs.loaded() && (!ours.loaded() || ours.name == theirs.name)) return {};
  const std::string ends =
      "this end has " + Words(ours) + ", the other end has " + Words(theirs) + ": ";
  if (ours.loaded() && theirs.loaded())
    return ends + "one of them does not know the protocol that is carried, and changes nothing";

  // A service may have one end that sends datagrams worth a module, and a module that could not be
  // loaded is missed.
  const EndModule& without = ours.loaded() ? theirs : ours;
  const bool udp = protocol == config::Protocol::kUdp;
  if (udp && without.name.empty()) return {};
  return ends + (ours.loaded() ? "what the other end sends " : "what this end sends ") +
         (udp ? "goes as without a module" : "stays in order, and overtakes nothing");
}

ModuleEnds::ModuleEnds(const config::ServiceConfig& service, const std::string& loaded,
                       const ChannelIdentity& identity, metrics::CounterFile& counters)
    : service_(service.name.text()),
      protocol_(service.protocol),
      ours_(Of(service, loaded)),
      identity_(identity),
      counters_(counters) {}

ModuleEnds::~ModuleEnds() {
  if (!cost_.empty()) counters_[kChannelsModulesDiffer] -= 1;
}

bool ModuleEnds::OnTheirs(const wire::ModuleRecord& record) {
  if (theirs_) return false;
  theirs_ = EndModule{.abi = record.abi, .name = std::string(record.name)};
  cost_ = CostOfModules(ours_, *theirs_, protocol_);
  if (cost_.empty()) return true;
  counters_[kChannelsModulesDiffer] += 1;
  Log(LogLevel::kWarning, "modules-differ", cost_,
      {{"SERVICE", service_}, {"PEER", identity_.peer}, {"REMOTE", identity_.remote_principal}});
  return true;
}

}  // namespace funnel::service
