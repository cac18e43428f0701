#include "common/service/edge_reload.h"

#include <algorithm>

#include "common/ipc/credentials.h"

namespace funnel::service {
namespace {

using config::Applied;
using config::NeedsRestart;
using config::Protocol;
using config::ServiceConfig;

std::string UnitOf(const ServiceConfig& service) {
  return std::string(service.protocol == Protocol::kUdp ? "funnel-udpd@" : "funnel-tcpd@") +
         service.name.text();
}

// The port is in the generated drop-in of the socket unit; stopping that unit stops the service,
// too.
std::string RestartSocket(const ServiceConfig& service) {
  return "systemctl daemon-reload && systemctl restart " + UnitOf(service) + ".socket";
}

std::string CommandFor(Applied applied, const ServiceConfig& service) {
  const std::string restart = "systemctl restart " + UnitOf(service) + ".service";
  switch (applied) {
    case Applied::kReload:
    case Applied::kRestart:
      return restart;
    case Applied::kUnitRestart:
      return "systemctl daemon-reload && " + restart;
    case Applied::kSocketRestart:
      return RestartSocket(service);
  }
  return restart;
}

// Whether the unit of RUNNING, which allows traffic to its backends only, allows AFTER's (see
// units/generator/drop_ins.cc). With a backend that is a name it allows all.
bool Allows(const ServiceConfig& running, const config::Endpoint& after) {
  return after.is_unix() ||
         std::ranges::any_of(running.connect_address, [&](const config::Backend& backend) {
           const config::Endpoint& before = backend.endpoint;
           if (before.is_unix()) return false;
           if (before.host == after.host) return true;
           return !before.is_literal() && before.host != "localhost";
         });
}

// Whether AFTER takes a capability that the unit does not have because of BEFORE (see
// units/generator/drop_ins.cc).
bool NeedsMoreRights(const config::Source& before, const config::Source& after) {
  return (after.transparent && !before.transparent) ||
         (after.has_low_ports() && !before.has_low_ports());
}

}  // namespace

std::vector<NeedsRestart> KeepFixed(const ServiceConfig& running, ServiceConfig& next) {
  std::vector<NeedsRestart> left;
  if (next.protocol != running.protocol) {
    left.push_back({"[service] protocol", "systemctl disable --now " + UnitOf(running) +
                                              ".socket && systemctl enable "
                                              "--now " +
                                              UnitOf(next) + ".socket"});
  } else if (next.role != running.role) {
    left.push_back({"whether it is [listen] or [connect]", RestartSocket(running)});
  }

  // Then its other keys belong to another kind of service.
  if (!left.empty()) {
    next = running;
    return left;
  }

  for (const config::KeyRow* row : config::PutBackFixed(running, next))
    left.emplace_back(*row, CommandFor(row->applied, running));
  // Its secret comes with the restart.
  if (next.check.kind == config::HealthCheck::Kind::kRadius && next.check_secret_file.empty())
    next.check = running.check;

  // Without the capability each session would be refused.
  if (ipc::UnitsAreEnforced() && NeedsMoreRights(running.source, next.source)) {
    next.source = running.source;
    left.push_back({"[connect] source", CommandFor(Applied::kUnitRestart, running)});
  }

  // The new address is in force, but the unit's sandbox lets no packets through to it.
  if (ipc::UnitsAreEnforced() &&
      !std::ranges::all_of(next.connect_address, [&](const config::Backend& backend) {
        return Allows(running, backend.endpoint);
      }))
    left.push_back({"what the unit lets through to [connect] address",
                    CommandFor(Applied::kUnitRestart, running)});
  return left;
}

}  // namespace funnel::service
