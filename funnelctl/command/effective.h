// What the keys of one configuration file are in effect, from the table of keys and the origins
// that config::Load keeps.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/config/keys/keys.h"

namespace funnel::ctl {

struct EffectiveValue {
  std::string text;
  std::optional<config::Origin> origin;  // nothing: the default
};

struct EffectiveKey {
  std::string section, key;
  std::vector<EffectiveValue> values;  // several for a list, none where nothing is set
  std::string unset;                   // what holds then, in words; may be empty
};

// OBJECT is what ROWS point into. It is not changed.
[[nodiscard]] std::vector<EffectiveKey> EffectiveKeys(std::span<const config::KeyRow> rows,
                                                      void* object, const config::Origins& origins);
// Only the keys that mean something for a service of its role and protocol.
[[nodiscard]] std::vector<EffectiveKey> EffectiveServiceKeys(config::ServiceConfig& service);

}  // namespace funnel::ctl
