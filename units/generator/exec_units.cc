#include "units/generator/exec_units.h"

#include <algorithm>
#include <cstdint>

#include "common/wire/frame/types.h"

namespace funnel::generator {
namespace {

constexpr std::string_view kPrefix = "funnel-exec-";

std::string Begin(const config::ServiceFile& file, std::string_view what) {
  return "# Written by funnel-generator from " + file.path +
         ".\n# Change that file, then: systemctl daemon-reload.\n[Unit]\nDescription=Funnel "
         "service " +
         file.service.name.text() + ": " + std::string(what) +
         "\nDocumentation=man:funnel-exec(8) man:funnel.conf(5)\nPartOf=funnel.target\n";
}

std::string ExecSocket(const config::ServiceFile& file) {
  const config::ServiceConfig& service = file.service;
  const std::uint32_t most = std::max<std::uint32_t>(service.max_sessions / wire::kCommandParts, 1);
  return Begin(file, "where its edge has commands started") +
         "\n[Socket]\nListenSequentialPacket=" + "/run/funnel/exec/" + service.name.text() +
         ".sock\n# funnel-exec looks which edge it is.\n"
         "SocketUser=root\nSocketGroup=funnel-edge\nSocketMode=0660\nRemoveOnStop=yes\n"
         "Accept=yes\n# A command has three sessions (max-sessions).\nMaxConnections=" +
         std::to_string(most) +
         "\n# Without it a burst of commands would stop the socket for good.\n"
         "TriggerLimitIntervalSec=2s\nTriggerLimitBurst=10000\n";
}

std::string ExecService(const config::ServiceFile& file) {
  const config::ServiceConfig& service = file.service;
  // Zero would be for ever.
  const std::int64_t most_patient = std::max<std::int64_t>(service.kill_after.count(), 1);
  std::string out = Begin(file, "a command") +
                    "CollectMode=inactive-or-failed\n\n[Service]\nType=exec\nExecStart=" FUNNEL_EXEC
                    " " +
                    service.name.text() + "\nUser=" + service.connect_user + '\n';
  if (!service.connect_group.empty()) out += "Group=" + service.connect_group + '\n';
  return out +
         "Slice=funnel.slice\n"
         "# What the command has left behind ends with it.\n"
         "KillMode=control-group\nTimeoutStopSec=" +
         std::to_string(most_patient) +
         "ms\n"
         "# It may do what its user may, and get no more than that. A drop-in of the "
         "administrator's "
         "can take more\n# away.\n"
         "NoNewPrivileges=yes\nCapabilityBoundingSet=\nRestrictSUIDSGID=yes\n"
         "ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\n"
         "ProtectControlGroups=yes\nProtectClock=yes\nProtectHostname=yes\nRestrictRealtime=yes\n"
         "LockPersonality=yes\nInaccessiblePaths=-/etc/funnel/keytabs\n"
         "# A dump would contain what it read.\nLimitCORE=0\n";
}

}  // namespace

std::string ExecUnitName(const config::ServiceConfig& service, std::string_view kind) {
  return std::string(kPrefix) + service.name.text() + std::string(kind);
}

bool IsExecUnit(std::string_view unit) { return unit.starts_with(kPrefix); }

std::vector<DropIn> MakeExecUnits(const config::ServiceFile& file) {
  return {{ExecUnitName(file.service, ".socket"), ExecSocket(file)},
          {ExecUnitName(file.service, "@.service"), ExecService(file)}};
}

}  // namespace funnel::generator
