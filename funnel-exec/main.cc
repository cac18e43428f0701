// funnel-exec SERVICE: starts a service's command for its edge, once, and ends with it
// (funnel-exec(8)). systemd starts one for each connection of the service's socket, under the user
// that the service names.
#include <signal.h>
#include <sys/socket.h>

#include <string>

#include "common/base/log.h"
#include "common/base/options.h"
#include "common/command/control_message.h"
#include "common/event/listen_fds.h"
#include "funnel-exec/child.h"
#include "funnel-exec/command_log.h"
#include "funnel-exec/relay.h"
#include "funnel-exec/request.h"
#include "funnel-exec/start_command.h"

namespace funnel::exec {
namespace {

constexpr Usage kUsage{.program = "funnel-exec",
                       .arguments = "SERVICE",
                       .description = "starts a service's command for its edge",
                       .min_arguments = 1,
                       .max_arguments = 1};

// Tells the client, as far as its flow takes it.
void Refuse(const Request& request, const std::string& why) {
  const Bytes message = command::Serialize(command::Refused{why});
  const int control = request.flows[static_cast<std::size_t>(wire::CommandPart::kControl)].get();
  (void)::send(control, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

Result<> Serve(const Options& options) {
  auto sockets = TRY(event::ListenFds::FromEnvironment());
  const UniqueFd connection = TRY(sockets.TakeOne("connection", event::SocketKind::kConnection));
  const auto service =
      TRY(LoadService(options.config_dir, options.defaults_dir, options.arguments.front()));
  const Request request = TRY(ReadRequest(connection.get(), service));
  const CommandLog log(service, request.who);

  const auto control = static_cast<std::size_t>(wire::CommandPart::kControl);
  const auto wish = ReadCommand(request.flows[control].get(), service);
  auto child = wish ? StartCommand(*wish, service, request.who)
                    : Result<Child>(std::unexpected(wish.error()));
  if (!child) {
    log.OnRefused(child.error().message);
    Refuse(request, child.error().message);
    return {};
  }

  log.OnStarted(*wish, child->pid());
  log.OnEnded(Relay(*std::move(child), request.flows, service.kill_after).Run());
  return {};
}

}  // namespace
}  // namespace funnel::exec

int main(int argc, char** argv) {
  const auto options = funnel::ParseOptionsOrAnswer(funnel::exec::kUsage, argc, argv);
  if (!options) return options.error();
  ::signal(SIGPIPE, SIG_IGN);
  // Ignored, it would take the command's status away.
  ::signal(SIGCHLD, SIG_DFL);
  funnel::SetLogName("funnel-exec@" + options->arguments.front());
  if (options->log_level) funnel::SetLogLevel(*options->log_level);
  const auto served = funnel::exec::Serve(*options);
  if (served) return 0;
  funnel::Log(funnel::LogLevel::kError, "exec-refused", served.error().message,
              {{"SERVICE", options->arguments.front()}});
  return 1;
}
