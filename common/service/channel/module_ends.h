// Which protocol module each end of a channel has, and what it costs where they differ.
//
// Each end decides about the order of what its own application sends. So modules that differ are no
// error, but somebody should know: a module that is missing at one end is half of the gain.
//
// Owned by the channel, whose identity outlives it.
#pragma once

#include <optional>
#include <string>

#include "common/config/service_config.h"
#include "common/metrics/counters.h"
#include "common/service/channel/channel_identity.h"
#include "common/wire/frame/record.h"

namespace funnel::service {

// What one end says of itself.
struct EndModule {
  std::uint64_t abi = 0;  // of modules/module.h; 0: not loaded
  std::string name;       // empty: its service has none; config::kNoModule: on purpose

  [[nodiscard]] bool loaded() const { return abi != 0; }
  bool operator==(const EndModule&) const = default;
};

// What it costs that OURS is not THEIRS, a sentence; "": nothing, as far as this is known, or one
// end is to have none.
[[nodiscard]] std::string CostOfModules(const EndModule& ours, const EndModule& theirs,
                                        config::Protocol protocol);

class ModuleEnds {
 public:
  // LOADED is the module in force; "": none is.
  ModuleEnds(const config::ServiceConfig& service, const std::string& loaded,
             const ChannelIdentity& identity, metrics::CounterFile& counters);
  // The gauge is about live channels.
  ~ModuleEnds();
  ModuleEnds(const ModuleEnds&) = delete;
  ModuleEnds& operator=(const ModuleEnds&) = delete;

  // What the peer gets. It is valid as long as this object.
  [[nodiscard]] wire::ModuleRecord Ours() const { return {ours_.abi, ours_.name}; }
  // The peer's: logs and counts what it costs. False: it has said so before.
  [[nodiscard]] bool OnTheirs(const wire::ModuleRecord& record);

  // nullopt: not known, or not yet.
  [[nodiscard]] const std::optional<EndModule>& theirs() const { return theirs_; }
  [[nodiscard]] const std::string& cost() const { return cost_; }

 private:
  const std::string service_;
  const config::Protocol protocol_;
  const EndModule ours_;
  const ChannelIdentity& identity_;
  metrics::CounterFile& counters_;
  std::optional<EndModule> theirs_;
  std::string cost_;
};

}  // namespace funnel::service
