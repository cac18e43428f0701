// funnel-generator: writes for systemd what each service of /etc/funnel/services.d listens on
// (systemd.generator(7)). The socket units call it, too, when they start and stop.
#include <cstdio>

#include "common/base/options.h"
#include "common/config/read/load.h"
#include "units/generator/check.h"
#include "units/generator/daemon_reload.h"
#include "units/generator/generate.h"

namespace {

using namespace funnel;

constexpr OwnOption kOptions[] = {
    {"--generated", "", "DIR", "what systemd has (default /run/systemd/generator)"}};

constexpr Usage kUsage{
    .program = "funnel-generator",
    .arguments = "NORMAL-DIR [EARLY-DIR LATE-DIR] | starting UNIT | started UNIT | stopped UNIT",
    .description = "Writes drop-ins for the units of Funnel's services; called by systemd.",
    .min_arguments = 1,
    .max_arguments = 3,
    .options = kOptions};

int Answer(const std::vector<std::string>& wrong) {
  for (const std::string& line : wrong) std::fprintf(stderr, "%s\n", line.c_str());
  return wrong.empty() ? 0 : 1;
}

int Run(const Options& options) {
  const config::LoadOptions load{options.config_dir, options.defaults_dir};
  const generator::Held held(options.RunPath("units"));
  const std::string generated = options.Value("--generated").value_or("/run/systemd/generator");
  const std::string& what = options.arguments[0];
  if (options.arguments.size() != 2)
    return generator::Generate(load, held, what, generator::Report) ? 0 : 1;
  const std::string& unit = options.arguments[1];
  if (what == "starting") {
    held.Drop(unit);
    return Answer(generator::CheckUnit({load, generated, generator::DaemonReload}, unit));
  }

  if (what == "started") {
    auto kept = held.Keep(unit, generated);
    return kept ? 0 : Answer({kept.error().message});
  }

  if (what == "stopped") {
    held.Drop(unit);
    return 0;
  }
  return Answer({"starting, started or stopped is expected"});
}

}  // namespace

int main(int argc, char** argv) {
  auto options = ParseOptionsOrAnswer(kUsage, argc, argv);
  return options ? Run(*options) : options.error();
}
