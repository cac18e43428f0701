#include "funnelctl/print.h"

#include <cstdio>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/config/read/load.h"
#include "funnelctl/command.h"

namespace funnel::ctl {

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

void PrintText(std::string_view text) { PrintOwn(EscapeUnprintable(text, "\n\t")); }

void PrintOwn(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintJson(const Json& json) {
  PrintText(json.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + '\n');
}

bool PrintJsonLine(const Json& json) {
  PrintText(json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + '\n');
  return std::fflush(stdout) == 0;
}

int Complain(std::string_view text) {
  std::fprintf(stderr, "funnelctl: %s\n", EscapeUnprintable(text, "\n").c_str());
  return kExitFailed;
}

std::optional<config::Configuration> LoadOrComplain(const Options& options) {
  auto loaded = config::Load({options.config_dir, options.defaults_dir});
  if (loaded) return *std::move(loaded);
  std::fputs(EscapeUnprintable(config::PrintMistakes(loaded.error()), "\n").c_str(), stderr);
  Complain("the configuration in " + options.config_dir + " has mistakes");
  return std::nullopt;
}

const config::ServiceConfig* FindServiceOrComplain(const config::Configuration& configuration,
                                                   std::string_view name) {
  const config::ServiceConfig* service = configuration.FindService(name);
  if (service != nullptr) return service;
  std::string known;
  for (const config::ServiceConfig& one : configuration.services)
    known += (known.empty() ? "" : ", ") + one.name.text();
  Complain("there is no service " + EscapeForLog(name) +
           (known.empty() ? "; none is configured" : "; there are: " + known));
  return nullptr;
}

}  // namespace funnel::ctl
