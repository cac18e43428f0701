// Who is at the other end of a Unix socket, and whether they may ask what they ask (architecture,
// "Who asks?").
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
  std::string unit;  // systemd's, e.g. "funnel-udpd@dns.service"; empty where there is none
};

// By SO_PEERCRED; fails when the process behind that pid is gone or has another uid by now (the pid
// was used again). The credentials are those of when the peer connected.
[[nodiscard]] Result<PeerCredentials> ReadPeerCredentials(int fd);

// Whether units decide too: this process itself runs as one of Funnel's units under systemd. Then a
// caller without the right unit is refused whatever its uid.
[[nodiscard]] bool UnitsAreEnforced();

// NAME is a user's or group's name or number, as configuration writes it. False also where there is
// no such user.
[[nodiscard]] bool IsUser(uid_t uid, std::string_view name);
[[nodiscard]] bool IsInGroup(const PeerCredentials& peer, std::string_view name);

// Each answers with the reason why not.
// The edge (funnel-udpd or funnel-tcpd) of SERVICE, which runs as EDGE_USER.
[[nodiscard]] Result<> RequireEdge(const PeerCredentials& peer, const ServiceName& service,
                                   std::string_view edge_user);
// funnel-sctpd, which runs as SCTPD_USER.
[[nodiscard]] Result<> RequireSctpd(const PeerCredentials& peer, std::string_view sctpd_user);
// May read status: root, our own uid, or a member of READ_GROUP.
[[nodiscard]] Result<> RequireReader(const PeerCredentials& peer, std::string_view read_group);
// May change things: root, our own uid, or a member of ADMIN_GROUP.
[[nodiscard]] Result<> RequireAdmin(const PeerCredentials& peer, std::string_view admin_group);

}  // namespace funnel::ipc
