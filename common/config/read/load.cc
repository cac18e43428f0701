#include "common/config/read/load.h"

#include <algorithm>
#include <tuple>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/check/check.h"
#include "common/config/read/apply.h"
#include "common/config/read/combine.h"

namespace funnel::config {
namespace {

// A file of another kind has a mistake in every line.
constexpr std::size_t kMostLogged = 20;

void Append(std::vector<Mistake>& to, const std::vector<Mistake>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Whether the unit has anything to check: if its file is missing or unreadable, only that is
// reported.
bool HasContent(const Unit& unit) {
  return !unit.sections.empty() || !unit.values.empty() || unit.mistakes.empty();
}

void TakeNode(const std::string& directory, const Unit& unit, Configuration& out,
              Mistakes& mistakes) {
  Append(mistakes, unit.mistakes);
  if (!HasContent(unit)) return;
  ApplyUnit(unit, NodeKeys(), &out.node, out.node.origins, mistakes, out.retired);
  CompleteNode(directory, out.node, mistakes);
}

void TakePeer(const Unit& unit, Configuration& out, Mistakes& mistakes) {
  CheckUnitName(unit, mistakes);
  Append(mistakes, unit.mistakes);
  // It is listed even if it is wrong, so that services that name it are not reported, too.
  PeerConfig& peer = out.peers.emplace_back();
  peer.name = unit.name;
  if (!HasContent(unit)) return;
  ApplyUnit(unit, PeerKeys(), &peer, peer.origins, mistakes, out.retired);
  CompletePeer(unit, out.node, peer, mistakes);
}

void TakeService(const Unit& unit, Configuration& out, Mistakes& mistakes) {
  CheckUnitName(unit, mistakes);
  Append(mistakes, unit.mistakes);
  if (!HasContent(unit)) return;
  ServiceConfig& service = out.services.emplace_back();
  ApplyUnit(unit, ServiceKeys(), &service, service.origins, mistakes, out.retired);
  CompleteService(unit, service, mistakes);
}

Units ReadAll(const LoadOptions& options) {
  Units units;
  units.node = ReadUnit(options.defaults, options.directory, "funnel.conf");
  units.peers = ReadUnits(options.defaults, options.directory, "peers.d");
  units.services = ReadUnits(options.defaults, options.directory, "services.d");
  return units;
}

// Whether FILE is one of those that make up this service.
bool IsOfService(const LoadOptions& options, const std::string& name, const std::string& file) {
  for (const std::string& folder : {options.directory, options.defaults}) {
    std::string main = folder + "/services.d/" + name + ".ini";
    if (!folder.empty() && (file == main || file.starts_with(main + ".d/"))) return true;
  }
  return false;
}

}  // namespace

// A folder that cannot be listed appears as a unit without name and content.
void CheckUnitName(const Unit& unit, Mistakes& mistakes) {
  if (IsLegalName(unit.name) || (unit.name.empty() && !HasContent(unit))) return;
  mistakes.push_back(
      {unit.path, 0,
       "bad name " + EscapeForLog(unit.name) +
           ": lower case letters, digits and `-` are allowed, a letter first, at most 22"});
}

std::expected<Configuration, Mistakes> Combine(const std::string& directory, const Units& units) {
  Configuration out;
  Mistakes mistakes;
  TakeNode(directory, units.node, out, mistakes);
  for (const Unit& unit : units.peers) TakePeer(unit, out, mistakes);
  for (const Unit& unit : units.services) TakeService(unit, out, mistakes);
  CheckTogether(out, mistakes);
  if (mistakes.empty()) return out;
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) {
    return std::tie(a.file, a.line) < std::tie(b.file, b.line);
  });
  return std::unexpected(std::move(mistakes));
}

std::expected<Configuration, Mistakes> Load(const LoadOptions& options) {
  return Combine(options.directory, ReadAll(options));
}

std::expected<StartConfiguration, Mistakes> LoadForStart(const LoadOptions& options) {
  Units units = ReadAll(options);
  Mistakes left_out;
  for (;;) {
    auto combined = Combine(options.directory, units);
    if (combined) return StartConfiguration{*std::move(combined), std::move(left_out)};

    auto is_wrong = [&](const Unit& service) {
      return std::ranges::any_of(combined.error(), [&](const Mistake& mistake) {
        return IsOfService(options, service.name, mistake.file);
      });
    };
    auto of_some_service = [&](const Mistake& mistake) {
      return std::ranges::any_of(units.services, [&](const Unit& service) {
        return IsOfService(options, service.name, mistake.file);
      });
    };

    if (!std::ranges::all_of(combined.error(), of_some_service))
      return std::unexpected(std::move(combined.error()));
    std::erase_if(units.services, is_wrong);
    Append(left_out, combined.error());
  }
}

std::optional<Configuration> LoadForStartAndLog(const LoadOptions& options) {
  auto loaded = LoadForStart(options);
  const Mistakes& mistakes = loaded ? loaded->left_out : loaded.error();
  LogMistakes(mistakes, loaded ? " (this service is left out)" : "");
  if (!loaded) return std::nullopt;
  return std::move(loaded->configuration);
}

void LogMistakes(const Mistakes& mistakes, std::string_view tail, std::string_view service) {
  // FILE comes first: the log's limit goes by it, and each mistake has its own.
  auto say = [service](const std::string& place, const std::string& text) {
    if (service.empty()) return Log(LogLevel::kError, "configuration", text, {{"FILE", place}});
    Log(LogLevel::kError, "configuration", text, {{"FILE", place}, {"SERVICE", service}});
  };
  const std::size_t shown = std::min(mistakes.size(), kMostLogged);
  for (std::size_t i = 0; i < shown; ++i)
    say(PrintOrigin({mistakes[i].file, mistakes[i].line}), mistakes[i].Print() + std::string(tail));
  if (mistakes.size() > shown)
    say("", std::to_string(mistakes.size() - shown) + " more: funnelctl check shows them all");
}

std::string PrintMistakes(const Mistakes& mistakes) {
  std::string out;
  for (const Mistake& mistake : mistakes) out += mistake.Print() + '\n';
  return out;
}

}  // namespace funnel::config
