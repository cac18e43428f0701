// The values that the keys of one configuration file really have, from the key table and the
// origins that config::Load stores.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/config/keys/keys.h"

namespace funnel::ctl {

struct EffectiveValue {
  std::string text;
  std::optional<config::Origin> origin;  // nullopt: it is the default
};

struct EffectiveKey {
  std::string section, key;
  std::vector<EffectiveValue> values;  // several for a list, none if nothing is set
  std::string unset;                   // what holds if nothing is set, in words; may be empty
};

// ROWS point into OBJECT, which is not changed.
[[nodiscard]] std::vector<EffectiveKey> EffectiveKeys(std::span<const config::KeyRow> rows,
                                                      void* object, const config::Origins& origins);
// Only the keys that apply to a service of its role and protocol.
[[nodiscard]] std::vector<EffectiveKey> EffectiveServiceKeys(config::ServiceConfig& service);

}  // namespace funnel::ctl
