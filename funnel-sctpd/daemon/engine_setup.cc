#include "funnel-sctpd/daemon/engine_setup.h"

#include "common/base/log.h"
#include "funnel-sctpd/daemon/udp_sockets.h"
#include "funnel-sctpd/engine/kernel/kernel_engine.h"
#include "funnel-sctpd/engine/kernel/kernel_probe.h"
#include "funnel-sctpd/engine/own/own_engine.h"
#include "funnel-sctpd/engine/packet/sockets.h"

namespace funnel::sctpd {
namespace {

// Sockets for SCTP directly over IP, if we may have them: an addition to UDP, which is enough by
// itself.
void AddDirectSockets(const config::SctpConfig& config, std::vector<UniqueFd>& sockets,
                      std::vector<std::string>& listen) {
  bool in_the_way = sctp::KernelAnswersSctp();
  auto direct = sctp::OpenDirectSockets();
  if (!direct) {
    Log(LogLevel::kInfo, "engine", "no SCTP straight over IP: " + direct.error().message);
    return;
  }

  if (in_the_way && config.engine == config::Engine::kAuto) {
    Log(LogLevel::kNotice, "engine",
        "no SCTP straight over IP: this host's kernel SCTP would end it with ABORT");
    return;
  }
  if (in_the_way)
    Log(LogLevel::kWarning, "engine-unsuited",
        "this host's kernel SCTP ends associations straight over IP with ABORT, unless: "
        "iptables -A OUTPUT -p sctp --chunk-types any ABORT -m owner ! --uid-owner 0-4294967294 "
        "-j DROP");

  for (UniqueFd& fd : *direct) {
    listen.push_back(BoundAddress(fd.get()) + " (SCTP)");
    sockets.push_back(std::move(fd));
  }
}

// Starts the engine whose SCTP runs in this process.
Result<StartedEngine> StartHere(const config::SctpConfig& config, std::vector<UniqueFd> sockets,
                                event::ListenFds& passed, sctp::EngineObserver& observer) {
  if (!config.udp)
    return Fail("[sctp] udp = no: only the kernel's SCTP does without UDP encapsulation");
  if (sockets.empty())
    sockets = TRY(OwnUdpSockets(config, passed));
  else
    TRY(ForgetUdpSockets(passed));

  StartedEngine started;
  for (const UniqueFd& socket : sockets) started.listen.push_back(BoundAddress(socket.get()));
  AddDirectSockets(config, sockets, started.listen);
  started.engine = TRY(sctp::MakeOwnEngine(sctp::Settings(config), std::move(sockets), observer));
  return started;
}

// Whether the kernel's SCTP can do all that CONFIG asks for.
Result<> CheckKernel(const config::SctpConfig& config, bool udp_sockets_passed) {
#ifdef FUNNEL_ENGINE_KERNEL
  sctp::KernelSupport support = sctp::ProbeKernel();
  if (!support.sctp) return Fail(support.why_no_sctp);
  if (!support.interleaving) return Fail(support.why_no_interleaving);

  if (!config.udp) return {};
  if (udp_sockets_passed)
    return Fail("the UDP port is held by a socket unit; the kernel needs it for itself");
  if (support.udp_port == 0) return Fail(support.why_no_udp);
  if (support.udp_port != config.udp_port)
    return Fail("net.sctp.udp_port is " + std::to_string(support.udp_port) + ", udp-port is " +
                std::to_string(config.udp_port));
  return {};
#else
  (void)config, (void)udp_sockets_passed;
  return Fail("this build has no engine on the kernel's SCTP");
#endif
}

Result<StartedEngine> StartKernel(const config::SctpConfig& config,
                                  sctp::EngineObserver& observer) {
#ifdef FUNNEL_ENGINE_KERNEL
  sctp::KernelOptions options{.local = {}, .accept = config.accept};
  for (const SocketAddress& address : config.listen)
    if (auto at = sctp::TransportAddress::FromSockaddr(address.data(), address.size()))
      options.local.push_back(*at);

  StartedEngine started;
  for (const auto& local : options.local)
    started.listen.push_back(local.WithPort(config.sctp_port).text() + " (SCTP)");
  if (started.listen.empty())
    started.listen.push_back("[::]:" + std::to_string(config.sctp_port) + " (SCTP)");
  if (std::uint16_t port = sctp::ProbeKernel().udp_port; port != 0)
    started.listen.push_back("[::]:" + std::to_string(port) + " (UDP)");

  started.engine =
      TRY(sctp::MakeKernelEngine(sctp::Settings(config), std::move(options), observer));
  return started;
#else
  (void)config, (void)observer;
  return Fail("[sctp] engine = kernel: this build has no such engine");
#endif
}

}  // namespace

Result<StartedEngine> StartEngine(const config::SctpConfig& config, event::ListenFds& passed,
                                  sctp::EngineObserver& observer) {
  TRY(sctp::Settings(config).Check());
  auto sockets = TRY(passed.Take("udp", event::SocketKind::kDatagram));

  Result<> kernel;  // the reason why it is another one
  switch (config.engine) {
    case config::Engine::kOwn:
      kernel = Fail("as configured");
      break;
    case config::Engine::kAuto:
      kernel = CheckKernel(config, !sockets.empty());
      break;
    case config::Engine::kKernel:
      if (auto suits = CheckKernel(config, !sockets.empty()); !suits)
        Log(LogLevel::kWarning, "engine-unsuited", "engine = kernel: " + suits.error().message);
      break;
  }

  if (!kernel) {
    StartedEngine started = TRY(StartHere(config, std::move(sockets), passed, observer));
    Log(LogLevel::kNotice, "engine",
        std::string(started.engine->name()) + ": " + kernel.error().message);
    return started;
  }
  Log(LogLevel::kNotice, "engine", "the kernel's SCTP");
  TRY(ForgetUdpSockets(passed));
  return StartKernel(config, observer);
}

}  // namespace funnel::sctpd
