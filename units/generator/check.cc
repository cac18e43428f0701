#include "units/generator/check.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/config/read/service_files.h"
#include "units/generator/drop_ins.h"
#include "units/generator/write.h"

namespace funnel::generator {
namespace {

constexpr std::string_view kSuffix = ".socket";

// "dns" of "funnel-udpd@dns.socket"; empty if it is no such name.
std::string_view InstanceOf(std::string_view unit) {
  std::size_t at = unit.find('@');
  if (at == std::string_view::npos || !unit.ends_with(kSuffix)) return {};
  return unit.substr(at + 1, unit.size() - at - 1 - kSuffix.size());
}

// Whether systemd has read what the file says now.
bool IsCurrent(const std::vector<DropIn>& drop_ins, const std::string& generated) {
  return std::ranges::all_of(drop_ins, [&](const DropIn& drop_in) {
    return ReadDropIn(generated, drop_in.unit) == drop_in.text;
  });
}

std::vector<std::string> CheckFile(const config::ServiceFile& file, std::string_view unit,
                                   const CheckOptions& options) {
  std::vector<std::string> wrong;
  for (const auto& mistake : file.mistakes) wrong.push_back(mistake.Print());
  if (!wrong.empty()) return wrong;
  if (file.service.role == config::Role::kRelay)
    return {file.path + ": the service is passed on by funnel-sctpd, and has no unit here"};
  std::string own = UnitName(file.service, "socket");
  if (own != unit) return {file.path + ": by its protocol the unit of this service is " + own};
  auto drop_ins = MakeDropIns(file);
  if (IsCurrent(drop_ins, options.generated)) return {};

  // The file was written after systemd had read its units.
  if (auto done = options.daemon_reload(); !done) return {done.error().message};
  if (IsCurrent(drop_ins, options.generated)) return {};
  return {file.path + " does not reach systemd: has it been changed at this moment?"};
}

}  // namespace

std::vector<std::string> CheckUnit(const CheckOptions& options, std::string_view unit) {
  std::string_view name = InstanceOf(unit);
  if (name.empty()) return {EscapeForLog(unit) + " is no socket unit of a service"};
  for (const auto& file : config::LoadServiceFiles(options.load))
    if (file.name == name) return CheckFile(file, unit, options);
  return {"there is no " + options.load.directory + "/services.d/" + EscapeForLog(name) + ".ini"};
}

}  // namespace funnel::generator
