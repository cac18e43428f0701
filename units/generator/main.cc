// funnel-generator: tells systemd what each service of /etc/funnel/services.d listens on
// (systemd.generator(7)), and checks an instance before its socket is bound.
#include <cstdio>

#include "common/config/options.h"
#include "units/generator/check.h"
#include "units/generator/generate.h"

namespace {

using namespace funnel;

constexpr config::OwnOption kOptions[] = {
    {"--generated", "", "DIR", "check: what systemd has (default /run/systemd/generator)"}};

constexpr config::Usage kUsage{
    .program = "funnel-generator",
    .arguments = "NORMAL-DIR [EARLY-DIR LATE-DIR] | check UNIT",
    .description =
        "Writes drop-ins for the units of Funnel's services, or checks one of the units.",
    .min_arguments = 1,
    .max_arguments = 3,
    .options = kOptions};

int Check(const config::Options& options) {
  generator::CheckOptions check{{options.config_dir, options.defaults_dir},
                                options.Value("--generated").value_or("/run/systemd/generator")};
  auto wrong = generator::CheckUnit(check, options.arguments[1]);
  for (const std::string& line : wrong) std::fprintf(stderr, "%s\n", line.c_str());
  return wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = config::ParseOptionsOrAnswer(kUsage, argc, argv);
  if (!options) return options.error();
  if (options->arguments.size() == 2 && options->arguments[0] == "check") return Check(*options);
  return generator::Generate({options->config_dir, options->defaults_dir}, options->arguments[0],
                             generator::Report)
             ? 0
             : 1;
}
