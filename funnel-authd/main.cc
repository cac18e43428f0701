// funnel-authd: holds the keytabs and the access rules, and makes the security contexts.
#include <malloc.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/options.h"
#include "common/config/check/warnings.h"
#include "common/config/read/load.h"
#include "common/event/listen_fds.h"
#include "common/event/loop.h"
#include "common/event/notify.h"
#include "common/gss/kerberos_profile.h"
#include "common/seal/key_shares.h"
#include "funnel-authd/harden.h"
#include "funnel-authd/server.h"

namespace {

using namespace funnel;

constexpr Usage kUsage{
    .program = "funnel-authd",
    .arguments = "",
    .description = "Holds keytabs and access rules, and makes the security contexts of channels.",
};

// Handshakes run on many threads, and each of them would get an arena of its own.
constexpr int kMaxArenas = 2;

Result<int> Run(const Options& options, config::Configuration config) {
  auto passed = TRY(event::ListenFds::FromEnvironment());
  UniqueFd listening = TRY(passed.TakeOne("authd", event::SocketKind::kControlSocket));
  auto commands = TRY(passed.Take("commands", event::SocketKind::kControlSocket));
  TRY(passed.RequireAllTaken());
  TRY(gss::PrepareProfile(options.state_dir));
  auto loop = TRY(event::Loop::Create());
  commands.push_back(std::move(listening));
  auto server = TRY(authd::Server::Create(*loop, options, std::move(config), std::move(commands)));
  TRY(server->WatchSignals());
  TRY(loop->EnableWatchdog());
  event::NotifyReady("");
  return TRY(loop->Run());
}

}  // namespace

int main(int argc, char** argv) {
  auto options = ParseOptionsOrAnswer(kUsage, argc, argv);
  if (!options) return options.error();
  SetLogName("funnel-authd");
  ::mallopt(M_ARENA_MAX, kMaxArenas);

  if (auto hardened = authd::Harden(); !hardened) {
    Log(LogLevel::kError, "start-failed", hardened.error().message);
    return 1;
  }

  auto config = config::LoadForStartAndLog(
      {.directory = options->config_dir, .defaults = options->defaults_dir});
  if (!config) return 1;
  SetLogLevel(options->log_level.value_or(config->node.log_level));
  config::LogMissingSuites(*config, seal::HasSuite);

  auto code = Run(*options, *std::move(config));
  if (!code) Log(LogLevel::kError, "start-failed", code.error().message);
  // Skips the exit handlers of libraries: a worker may still be inside one, waiting for a KDC.
  ::_exit(code.value_or(1));
}
