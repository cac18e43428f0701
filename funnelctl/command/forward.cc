// funnelctl forward: a port here, whose connections a service with protocol = socks carries to one
// target, until interrupted. The edge accepts them; it may not listen itself.
#include <cstdio>

#include "common/config/read/load.h"
#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/forward_spec.h"
#include "funnelctl/print.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// A forward lasts until the edge or we end.
constexpr std::chrono::hours kAnyTime{24 * 365};

// Why the edge of a service is not there, as far as the configuration says it.
std::string WhyThereIsNone(const Options& options, const Daemon& edge, const Error& error) {
  const auto loaded = config::Load({options.config_dir, options.defaults_dir});
  if (!NotRunning(error) || !loaded) return Explain(edge, error);
  const config::ServiceConfig* service =
      loaded->FindService(edge.name.substr(edge.name.find('@') + 1));
  if (service == nullptr) return edge.name + ": there is no such service";
  if (service->role == config::Role::kRelay)
    return edge.name + ": it is only relayed here; a forward begins where its clients are";
  if (service->protocol != config::Protocol::kSocks)
    return edge.name + ": protocol = " + std::string(ProtocolWord(service->protocol)) +
           ", and a forward needs socks";
  const std::string why = Explain(edge, error);
  if (service->idle_exit.count() == 0) return why;
  return why + "; it may have left for idle-exit, and a connection to its own port starts it";
}

// Reports where it listens, as the edge says it.
Result<> ReportBegin(const Daemon& edge, Talk& talk) {
  const auto begun = TRY(talk.Next(Now() + kAnswerDeadline));
  if (!begun) return Fail("it has no forward");
  const Json answer = TRY(ParseAnswer(*begun));
  PrintText(edge.name + ": " + Shown(TextOf(answer, "listen")) + " -> " +
            Shown(TextOf(answer, "target")) + ", until interrupted\n");
  std::fflush(stdout);
  return {};
}

}  // namespace

int RunForward(const Options& options) {
  const auto spec = ParseForwardSpec(options.arguments[1]);
  if (!spec) {
    Complain(spec.error().message);
    return kExitUsage;
  }

  const auto edge = FindDaemon(options, options.arguments.front());
  if (!edge) return Complain(edge.error().message);
  if (edge->name == "funnel-sctpd" || edge->name == "funnel-authd") {
    Complain("a service is expected, not " + edge->name);
    return kExitUsage;
  }

  auto talk = Talk::Connect(edge->socket_path);
  if (!talk) return Complain(WhyThereIsNone(options, *edge, talk.error()));
  auto listening = ListenForForward(spec->listen);
  if (!listening) return Complain(listening.error().message);
  if (auto sent = talk->SendWithSocket("forward", {spec->target}, *std::move(listening)); !sent)
    return Complain(Explain(*edge, sent.error()));

  if (auto begun = ReportBegin(*edge, *talk); !begun)
    return Complain(Explain(*edge, begun.error()));
  for (;;) {
    const auto more = talk->Next(Now() + kAnyTime);
    if (!more) return Complain(Explain(*edge, more.error()));
    if (!*more) return kExitOk;
  }
}

}  // namespace funnel::ctl
