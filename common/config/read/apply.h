// Reads a unit's values into a configuration struct by the rows of its table.
#pragma once

#include <span>
#include <vector>

#include "common/config/keys/keys.h"
#include "common/config/read/layers.h"

namespace funnel::config {

// OBJECT is the struct that ROWS point into. Unknown sections and keys, repeated single keys and
// bad values are reported; good values are set even when others are bad, so that later checks see
// them. RETIRED gets what the unit still has of earlier versions (keys/retired.h), in the form of
// mistakes.
void ApplyUnit(const Unit& unit, std::span<const KeyRow> rows, void* object, Origins& origins,
               std::vector<Mistake>& mistakes, std::vector<Mistake>& retired);

}  // namespace funnel::config
