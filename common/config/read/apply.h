// Reads a unit's values into a configuration struct by the rows of its table.
#pragma once

#include <span>
#include <vector>

#include "common/config/keys/keys.h"
#include "common/config/read/layers.h"

namespace funnel::config {

// OBJECT is the struct that ROWS point into. Reports unknown sections and keys, repeated single
// keys and bad values; values that are right are set even when others are not, so that later checks
// see them. RETIRED gets what stands there of earlier versions (keys/retired.h), in the form of
// mistakes.
void ApplyUnit(const Unit& unit, std::span<const KeyRow> rows, void* object, Origins& origins,
               std::vector<Mistake>& mistakes, std::vector<Mistake>& retired);

}  // namespace funnel::config
