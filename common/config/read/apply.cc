#include "common/config/read/apply.h"

#include <algorithm>
#include <utility>

#include "common/config/keys/retired.h"

namespace funnel::config {
namespace {

constexpr std::size_t kFarOff = 3;  // with more edits than this it is another word, not a slip

// Levenshtein's distance.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }

  return row.back();
}

// " (did you mean lifetime?)", " (it belongs into [service])", or nothing.
std::string Hint(std::span<const KeyRow> rows, std::string_view section, std::string_view key) {
  const KeyRow* nearest = nullptr;
  std::size_t nearest_distance = kFarOff;
  for (const KeyRow& row : rows) {
    if (row.key == key) return " (it belongs into [" + std::string(row.section) + "])";
    if (row.section != section) continue;
    std::size_t distance = Distance(row.key, key);
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = &row;
    }
  }
  return nearest == nullptr ? "" : " (did you mean " + std::string(nearest->key) + "?)";
}

// Reports where a file of the unit has KEY more than once.
void CheckSingle(const KeyRow& row, const std::vector<Value>& values,
                 std::vector<Mistake>& mistakes) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    const Origin& at = values[i].origin;
    mistakes.push_back({at.file, at.line,
                        std::string(row.key) + ": again (first at line " +
                            std::to_string(values.front().origin.line) +
                            "; it has one value only)"});
  }
}

void ReportUnknown(const std::string& section, const std::string& key, const std::string& hint,
                   const std::vector<Value>& values, std::vector<Mistake>& mistakes) {
  for (const Value& value : values) {
    mistakes.push_back({value.origin.file, value.origin.line,
                        "unknown key " + key + " in [" + section + "]" + hint});
  }
}

bool BeginsWithQuote(std::string_view text) {
  // U+2018 to U+201F are the typographic quotation marks.
  return text.starts_with('"') || text.starts_with('\'') ||
         (text.size() > 2 && text.starts_with("\xE2\x80") &&
          static_cast<unsigned char>(text[2]) >= 0x98 &&
          static_cast<unsigned char>(text[2]) <= 0x9F);
}

// Describes syntax that other formats have and ours has not; no value can use it. Empty: there is
// none.
std::string_view ForeignSyntax(std::string_view text) {
  if (text.find("\xC2\xA0") != std::string_view::npos)
    return "a no-break space is in the value: write a plain one, or none";
  if (BeginsWithQuote(text)) return "a value stands without quotes";
  if (text.find(" #") != std::string_view::npos || text.find("\t#") != std::string_view::npos)
    return "a comment behind a value begins with ; and not with #";
  return {};
}

void ReportRetired(const Retired& what, const Origin& at, std::vector<Mistake>& retired) {
  retired.push_back({at.file, at.line, std::string(what.key) + ": " + std::string(what.advice)});
}

void ApplyKey(const KeyRow& row, const std::vector<Value>& values, void* object,
              std::vector<Mistake>& mistakes, std::vector<Mistake>& retired) {
  if (row.need != Need::kList) CheckSingle(row, values, mistakes);
  std::size_t count = row.need == Need::kList ? values.size() : 1;

  for (std::size_t i = 0; i < count; ++i) {
    const Origin& at = values[i].origin;
    if (std::string_view foreign = ForeignSyntax(values[i].text); !foreign.empty()) {
      mistakes.push_back({at.file, at.line, std::string(row.key) + ": " + std::string(foreign)});
      continue;
    }

    std::string_view text = values[i].text;
    if (const Retired* former = FindRetired(row.section, row.key, text)) {
      ReportRetired(*former, at, retired);
      text = former->stands_for;
    }

    auto parsed = ParseValue(row.type, row.range, text, row.member.in(object));
    if (parsed) continue;
    mistakes.push_back({at.file, at.line, std::string(row.key) + ": " + parsed.error().message});
  }
}

}  // namespace

void ApplyUnit(const Unit& unit, std::span<const KeyRow> rows, void* object, Origins& origins,
               std::vector<Mistake>& mistakes, std::vector<Mistake>& retired) {
  origins[""] = {{unit.path, 0}};
  for (const auto& [section, origin] : unit.sections) {
    origins[section] = {origin};
    if (HasSection(rows, section)) continue;
    mistakes.push_back({origin.file, origin.line, "unknown section [" + section + "]"});
  }

  for (const auto& [name, values] : unit.values) {
    const auto& [section, key] = name;
    if (!HasSection(rows, section)) continue;
    const KeyRow* row = FindKey(rows, section, key);
    if (const Retired* former = FindRetired(section, key, {});
        row == nullptr && former != nullptr) {
      for (const Value& value : values) ReportRetired(*former, value.origin, retired);
      continue;
    }
    if (row == nullptr) {
      ReportUnknown(section, key, Hint(rows, section, key), values, mistakes);
      continue;
    }
    std::vector<Origin>& places = origins[section + '.' + key];
    for (const Value& value : values) places.push_back(value.origin);
    ApplyKey(*row, values, object, mistakes, retired);
  }
}

}  // namespace funnel::config
