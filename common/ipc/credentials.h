// Who is at the other end of a Unix socket, and whether they may ask for what they ask
// (architecture, "Who asks?").
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/ids.h"

namespace funnel::ipc {

struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string unit;  // systemd's, e.g. "funnel-udpd@dns.service"; empty if there is none
};

// Uses SO_PEERCRED. Fails if the process with that pid is gone, or has another uid by now (the pid
// was used again). The credentials are those at the time when the peer connected.
[[nodiscard]] Result<PeerCredentials> ReadPeerCredentials(int fd);

// Whether units count, too: this process itself runs as one of Funnel's units under systemd. Then a
// client without the right unit is refused, whatever its uid is.
[[nodiscard]] bool UnitsAreEnforced();

// NAME is the name or number of a user or group, as in configuration. False also if there is no
// such user.
[[nodiscard]] bool IsUser(uid_t uid, std::string_view name);
[[nodiscard]] bool IsInGroup(const PeerCredentials& peer, std::string_view name);

// Each of these returns the reason why not.
// The peer must be the edge (funnel-udpd or funnel-tcpd) of SERVICE, which runs as EDGE_USER.
[[nodiscard]] Result<> RequireEdge(const PeerCredentials& peer, const ServiceName& service,
                                   std::string_view edge_user);
// The peer must be funnel-sctpd, which runs as SCTPD_USER.
[[nodiscard]] Result<> RequireSctpd(const PeerCredentials& peer, std::string_view sctpd_user);
// May read status: root, our own uid, or a member of READ_GROUP.
[[nodiscard]] Result<> RequireReader(const PeerCredentials& peer, std::string_view read_group);
// May change things: root, our own uid, or a member of ADMIN_GROUP.
[[nodiscard]] Result<> RequireAdmin(const PeerCredentials& peer, std::string_view admin_group);

}  // namespace funnel::ipc
