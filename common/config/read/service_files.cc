#include "common/config/read/service_files.h"

#include <algorithm>

#include "common/config/check/check.h"
#include "common/config/read/apply.h"

namespace funnel::config {
namespace {

constexpr std::string_view kRoleSections[] = {"listen", "connect", "relay"};

ServiceFile Read(const Unit& unit) {
  ServiceFile file{unit.name, unit.path, {}, unit.mistakes};
  CheckUnitName(unit, file.mistakes);
  std::vector<Mistake> retired;  // reported when everything is loaded together
  ApplyUnit(unit, ServiceKeys(), &file.service, file.service.origins, file.mistakes, retired);
  CompleteService(unit, file.service, file.mistakes);
  return file;
}

}  // namespace

bool ServiceFile::Has(std::string_view section, std::string_view key) const {
  auto found = service.origins.find(std::string(section) + '.' + std::string(key));
  if (found == service.origins.end()) return false;
  return std::ranges::none_of(mistakes, [&](const Mistake& mistake) {
    return std::ranges::any_of(found->second, [&](const Origin& origin) {
      return mistake.file == origin.file && mistake.line == origin.line;
    });
  });
}

bool ServiceFile::HasRole() const {
  return std::ranges::count_if(kRoleSections, [&](std::string_view section) {
           return service.origins.contains(section);
         }) == 1;
}

std::vector<ServiceFile> LoadServiceFiles(const LoadOptions& options) {
  std::vector<ServiceFile> files;
  for (const Unit& unit : ReadUnits(options.defaults, options.directory, "services.d")) {
    // A folder that cannot be listed appears as a unit without name and content.
    if (unit.name.empty())
      files.push_back({"", unit.path, {}, unit.mistakes});
    else
      files.push_back(Read(unit));
  }
  return files;
}

}  // namespace funnel::config
