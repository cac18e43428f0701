// Finds the files that make up one configuration unit and lays them over one another.
//
// The lowest is first: DEFAULTS/F, DEFAULTS/F.d/*.ini, DIR/F, DIR/F.d/*.ini (F is funnel.conf,
// peers.d/NAME.ini or services.d/NAME.ini; files of a folder are sorted by bytes). A key in a
// higher file replaces all values that the key has in lower ones.
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

// One unit with its layers combined. Keys are {section, key}.
struct Unit {
  std::string name;  // "dns"; empty for funnel.conf
  std::string path;  // the main file, for messages that belong to no line
  std::map<std::string, Origin, std::less<>> sections;
  std::map<std::pair<std::string, std::string>, std::vector<Value>> values;
  std::vector<Mistake> mistakes;
};

// Adds FILE as the next higher layer of the unit.
void LayOver(Unit& unit, IniFile file);

// Reads F in both folders (an empty name: there is no such folder). A unit without any main file
// has the mistake "is missing".
[[nodiscard]] Unit ReadUnit(const std::string& defaults, const std::string& directory,
                            const std::string& file);

// All units of peers.d or services.d, sorted by name. Files that do not end in ".ini", or that
// begin with a dot, are ignored.
[[nodiscard]] std::vector<Unit> ReadUnits(const std::string& defaults, const std::string& directory,
                                          const std::string& folder);

}  // namespace funnel::config
