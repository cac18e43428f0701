#include "common/service/edge_reload.h"

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

// Whether the unit, which allows traffic to the backend only, must allow another address (see
// units/generator/drop_ins.cc). For a backend that is a name it allows all.
bool NeedsOtherUnit(const config::Endpoint& before, const config::Endpoint& after) {
  if (before == after || after.is_unix()) return false;
  return before.is_unix() || before.is_literal() != after.is_literal() ||
         (after.is_literal() && before.text() != after.text()) ||
         (before.host == "localhost") != (after.host == "localhost");
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

  // The new address is in force, but the unit's sandbox lets no packets through to it.
  if (ipc::UnitsAreEnforced() && NeedsOtherUnit(running.connect_address, next.connect_address))
    left.push_back({"what the unit lets through to [connect] address",
                    CommandFor(Applied::kUnitRestart, running)});
  return left;
}

}  // namespace funnel::service
