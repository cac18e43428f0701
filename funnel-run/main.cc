// funnel-run SERVICE [ARGUMENT ...]: runs a service's command at the far end (funnel-run(1)).
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/options.h"
#include "common/base/printable.h"
#include "common/command/control_message.h"
#include "funnel-run/door.h"
#include "funnel-run/local_terminal.h"
#include "funnel-run/run.h"
#include "funnel-run/signals.h"

namespace funnel::run {
namespace {

constexpr OwnOption kOptions[] = {
    {"--no-input", "-n", "", "the command's standard input is empty, and ours is not read"},
    {"--no-terminal", "-T", "", "the command gets no terminal, even if there is one here"},
};
constexpr Usage kUsage{
    .program = "funnel-run",
    .arguments = "SERVICE [ARGUMENT ...]",
    .description =
        "runs a service's command at the far end, with our standard input, output and "
        "error; what follows SERVICE is for the command",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = kOptions,
    .epilogue =
        "It ends with the command's status, or with 128 and the number of the signal that\n"
        "ended it; with 254 if nothing was started, and 255 if the link was lost."};

int Answer(const std::string& service, int status, const std::string& error) {
  if (!error.empty())
    std::fprintf(stderr, "funnel-run: %s: %s\n", service.c_str(), EscapeUnprintable(error).c_str());
  return status;
}

int Main(const Options& options, std::vector<std::string> arguments) {
  const std::string& name = options.arguments.front();
  if (!ServiceName::Parse(name)) return Answer(name, kExitRefused, "this is no service's name");
  const auto start = command::SerializeStart({std::move(arguments)});
  if (!start) return Answer(name, kExitRefused, start.error().message);
  const auto flows = Knock(options.RunPath("command/" + name + ".sock"));
  if (!flows) return Answer(name, kExitRefused, flows.error().message);
  const bool has_input = !options.Has("--no-input");
  const LocalEnds ends;
  std::unique_ptr<LocalTerminal> terminal;
  if (has_input && !options.Has("--no-terminal"))
    terminal = LocalTerminal::Find(ends.input, ends.output);
  const auto signals = TakeSignals(terminal != nullptr);
  if (!signals) return Answer(name, kExitRefused, signals.error().message);

  Bytes begin;
  if (terminal) begin = command::Serialize(terminal->Describe());
  begin.insert(begin.end(), start->begin(), start->end());
  Run run(*flows, signals->get(), ends, has_input, terminal.get());
  const Run::Outcome outcome = run.Go(std::move(begin));
  return Answer(name, outcome.status, outcome.error);
}

}  // namespace
}  // namespace funnel::run

int main(int argc, char** argv) {
  using funnel::run::kOptions;
  using funnel::run::kUsage;
  // What follows the service is the command's, whatever it looks like.
  const char* service = funnel::FirstArgument(argc, argv, kOptions);
  int ours = 1;
  while (ours < argc && argv[ours - 1] != service) ++ours;
  const auto options = funnel::ParseOptionsOrAnswer(kUsage, ours, argv);
  if (!options) return options.error() == 0 ? 0 : funnel::run::kExitRefused;
  return funnel::run::Main(*options, {argv + ours, argv + argc});
}
