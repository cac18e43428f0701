#include "common/config/read/layers.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>

namespace funnel::config {
namespace {

constexpr std::string_view kSuffix = ".ini";
constexpr std::string_view kOverrideSuffix = ".ini.d";

struct Listing {
  std::vector<std::string> names;  // sorted
  std::string error;               // empty, too, if there is no such folder
};

Listing List(const std::string& path) {
  Listing out;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) {
    if (errno != ENOENT) out.error = FailErrno("cannot be listed").error().message;
    return out;
  }
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') out.names.emplace_back(entry->d_name);
  }
  std::sort(out.names.begin(), out.names.end());
  return out;
}

// A dangling link counts as a file that cannot be read, not as an absent one.
bool Exists(const std::string& path) {
  char unused;
  return access(path.c_str(), F_OK) == 0 || readlink(path.c_str(), &unused, 1) >= 0;
}

// Adds BASE/FILE and BASE/FILE.d/*.ini. Returns whether the main file exists.
bool LayOverFolder(Unit& unit, const std::string& base, const std::string& file) {
  if (base.empty()) return false;
  std::string main_file = base + '/' + file;
  bool found = Exists(main_file);
  if (found) {
    unit.path = main_file;
    LayOver(unit, ReadIni(main_file));
  }

  Listing overrides = List(main_file + ".d");
  if (!overrides.error.empty()) unit.mistakes.push_back({main_file + ".d", 0, overrides.error});
  for (const std::string& name : overrides.names) {
    if (name.ends_with(kSuffix)) LayOver(unit, ReadIni(main_file + ".d/" + name));
  }
  return found;
}

// Adds the names of the units that the folder has. A folder that cannot be read becomes a mistake
// of a unit without a name.
void CollectNames(const std::string& path, std::set<std::string>& names,
                  std::vector<Unit>& broken) {
  Listing listing = List(path);
  if (!listing.error.empty())
    broken.push_back({.path = path, .mistakes = {{path, 0, listing.error}}});
  for (const std::string& name : listing.names) {
    if (name.ends_with(kSuffix)) names.insert(name.substr(0, name.size() - kSuffix.size()));
    if (name.ends_with(kOverrideSuffix))
      names.insert(name.substr(0, name.size() - kOverrideSuffix.size()));
  }
}

}  // namespace

void LayOver(Unit& unit, IniFile file) {
  for (const IniSection& section : file.sections)
    unit.sections[section.name] = {file.path, section.line};
  std::set<std::pair<std::string, std::string>> replaced;
  for (IniEntry& entry : file.entries) {
    std::pair key(entry.section, entry.key);
    std::vector<Value>& values = unit.values[key];
    if (replaced.insert(std::move(key)).second) values.clear();
    values.push_back({std::move(entry.value), {file.path, entry.line}});
  }
  unit.mistakes.insert(unit.mistakes.end(), file.mistakes.begin(), file.mistakes.end());
}

Unit ReadUnit(const std::string& defaults, const std::string& directory, const std::string& file) {
  Unit unit;
  unit.path = directory + '/' + file;
  bool below = LayOverFolder(unit, defaults, file);
  bool above = LayOverFolder(unit, directory, file);
  if (!below && !above) unit.mistakes.push_back({unit.path, 0, "the file is missing"});
  return unit;
}

std::vector<Unit> ReadUnits(const std::string& defaults, const std::string& directory,
                            const std::string& folder) {
  std::set<std::string> names;
  std::vector<Unit> units;
  if (!defaults.empty()) CollectNames(defaults + '/' + folder, names, units);
  CollectNames(directory + '/' + folder, names, units);
  for (const std::string& name : names) {
    Unit unit = ReadUnit(defaults, directory, folder + '/' + name + std::string(kSuffix));
    unit.name = name;
    units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace funnel::config
