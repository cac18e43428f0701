// The states of our units, which systemd reports over D-Bus. Without systemd there are no findings.
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <memory>

#include "common/base/error.h"
#include "funnelctl/doctor/checks.h"

namespace funnel::ctl::doctor {
namespace {

using Bus = std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)>;

struct UnitState {
  std::string load, active, sub;
};

// A property of a unit; an error's text in angle brackets, which no state has.
std::string Property(sd_bus* bus, const char* path, const char* name) {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  char* value = nullptr;
  int code = sd_bus_get_property_string(bus, "org.freedesktop.systemd1", path,
                                        "org.freedesktop.systemd1.Unit", name, &error, &value);
  std::string out =
      code >= 0 ? value : '<' + std::string(error.message != nullptr ? error.message : "?") + '>';
  sd_bus_error_free(&error);
  std::free(value);
  return out;
}

UnitState StateOf(sd_bus* bus, const std::string& unit) {
  char* path = nullptr;
  if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &path) < 0) return {};
  UnitState out{Property(bus, path, "LoadState"), Property(bus, path, "ActiveState"),
                Property(bus, path, "SubState")};
  std::free(path);
  return out;
}

Finding Judge(const std::string& unit, const UnitState& state) {
  std::string is = unit + " is " + state.active + " (" + state.sub + ")";
  if (state.load == "not-found") return Wrong(unit + " is not installed", "install the package");
  if (state.load != "loaded") return Wrong(unit + ": " + state.load, "systemctl status " + unit);
  if (state.active == "failed") return Wrong(is, "journalctl -u " + unit);
  if (state.active == "active" || state.active == "activating" || state.active == "reloading")
    return Ok(is);
  return Wrong(is, "systemctl enable --now " + unit);
}

// A service that its socket starts on demand may be inactive.
Finding JudgeService(const std::string& unit, const UnitState& state) {
  if (state.load == "loaded" && state.active == "inactive")
    return Ok(unit + " waits for its socket");
  return Judge(unit, state);
}

}  // namespace

Findings CheckUnits(const Context& context) {
  if (sd_booted() <= 0) return {};
  sd_bus* opened = nullptr;
  if (int code = sd_bus_open_system(&opened); code < 0)
    return {Warning("systemd cannot be asked: " + FailErrno("D-Bus", -code).error().message,
                    "apt install dbus")};
  Bus bus(opened, sd_bus_flush_close_unref);
  Findings out;
  for (std::string name : {"funnel-authd", "funnel-sctpd"}) {
    out.push_back(Judge(name + ".socket", StateOf(bus.get(), name + ".socket")));
    out.push_back(JudgeService(name + ".service", StateOf(bus.get(), name + ".service")));
  }

  for (const config::ServiceConfig& service : context.configuration()->services) {
    if (service.role == config::Role::kRelay) continue;
    std::string name = EdgeName(service);
    out.push_back(Judge(name + ".socket", StateOf(bus.get(), name + ".socket")));
    out.push_back(JudgeService(name + ".service", StateOf(bus.get(), name + ".service")));
  }

  return out;
}

}  // namespace funnel::ctl::doctor
