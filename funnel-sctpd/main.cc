// funnel-sctpd: carries channels between nodes. Ciphertext only.
#include "common/base/log.h"
#include "common/base/options.h"
#include "common/config/read/load.h"
#include "common/event/listen_fds.h"
#include "common/event/loop.h"
#include "common/event/notify.h"
#include "funnel-sctpd/daemon/node.h"

namespace {

using namespace funnel;

constexpr Usage kUsage{
    .program = "funnel-sctpd",
    .arguments = "",
    .description = "Carries the channels of Funnel's services between nodes over SCTP.",
};

Result<int> Run(const Options& options, config::Configuration config) {
  auto passed = TRY(event::ListenFds::FromEnvironment());
  auto loop = TRY(event::Loop::Create());
  auto node = TRY(sctpd::Node::Create(*loop, options, std::move(config), std::move(passed)));
  TRY(loop->EnableWatchdog());
  node->Start();
  event::NotifyReady("");
  return TRY(loop->Run());
}

}  // namespace

int main(int argc, char** argv) {
  auto options = ParseOptionsOrAnswer(kUsage, argc, argv);
  if (!options) return options.error();
  SetLogName("funnel-sctpd");
  auto config = config::LoadForStartAndLog(
      {.directory = options->config_dir, .defaults = options->defaults_dir});
  if (!config) return 1;
  SetLogLevel(options->log_level.value_or(config->node.log_level));
  auto code = Run(*options, *std::move(config));
  if (!code) {
    Log(LogLevel::kError, "start-failed", code.error().message);
    return 1;
  }
  return *code;
}
