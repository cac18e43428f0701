// Finds the files that make up one configuration unit and lays them over one another.
//
// Lowest first: DEFAULTS/F, DEFAULTS/F.d/*.ini, DIR/F, DIR/F.d/*.ini (F = funnel.conf,
// peers.d/NAME.ini, services.d/NAME.ini; the folders in byte order). A key in a higher file
// replaces all values that the key had below it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/config/read/ini_reader.h"

namespace funnel::config {

struct Value {
  std::string text;
  Origin origin;
};

// One unit after laying over. Keys are {section, key}.
struct Unit {
  std::string name;  // "dns"; empty for funnel.conf
  std::string path;  // the main file, for messages that belong to no line
  std::map<std::string, Origin, std::less<>> sections;
  std::map<std::pair<std::string, std::string>, std::vector<Value>> values;
  std::vector<Mistake> mistakes;
};

// Lays FILE over what the unit has.
void LayOver(Unit& unit, IniFile file);

// Reads F in both folders (either may be empty: none). A unit without any main file has the mistake
// "is missing".
[[nodiscard]] Unit ReadUnit(const std::string& defaults, const std::string& directory,
                            const std::string& file);

// All units of peers.d or services.d, sorted by name. Files that do not end in ".ini" or that begin
// with a dot are none of ours.
[[nodiscard]] std::vector<Unit> ReadUnits(const std::string& defaults, const std::string& directory,
                                          const std::string& folder);

}  // namespace funnel::config
