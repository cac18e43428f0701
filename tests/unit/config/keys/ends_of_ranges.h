// Sets a number of the table to one end of its range, and moves the other numbers that limit it out
// of its way.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "common/config/keys/keys.h"

namespace funnel::config {

inline void SetNumber(const KeyRow& row, std::int64_t value, void* object) {
  auto parsed =
      ParseValue(row.type, row.range, PrintNumber(row.type, value), row.member.in(object));
  EXPECT_TRUE(parsed) << row.key << ": " << (parsed ? "" : parsed.error().message);
}

// ROW is one of ROWS; they point into OBJECT.
inline void SetWithOthers(std::span<const KeyRow> rows, const KeyRow& row, std::int64_t value,
                          void* object) {
  SetNumber(row, value, object);
  std::set<std::string_view> fixed{row.key};
  for (bool moved = true; moved;) {
    moved = false;
    for (const KeyRow& one : rows) {
      if (one.not_above.empty()) continue;
      const KeyRow& other = *FindKey(rows, one.section, one.not_above);
      const std::int64_t least = NumberOf(one.member.in(object)) * one.factor;
      const std::int64_t most = NumberOf(other.member.in(object));
      if (least <= most) continue;
      moved = true;
      const bool raise = fixed.contains(one.key);
      fixed.insert(raise ? other.key : one.key);
      raise ? SetNumber(other, least, object) : SetNumber(one, most / one.factor, object);
    }
  }
}

}  // namespace funnel::config
