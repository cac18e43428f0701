// The listening side: how a connection, or a command, becomes sessions of a channel.
#include <algorithm>
#include <utility>
#include <vector>

#include "funnel-tcpd/session_pump.h"

namespace funnel::tcpd {

using wire::EndCode;

bool SessionPump::Open(Connection& connection) {
  std::vector<SessionId> ids;
  const auto open = [&](const Connection& one) {
    const auto id = port_.OpenSession(one.info);
    if (id) ids.push_back(*id);
    return id.has_value();
  };
  if (!open(connection) || !std::ranges::all_of(connection.more, open)) {
    shared_.Count(kSessionsNoNumber);
    for (const SessionId id : ids) port_.ResetSession(id, EndCode::kLimit);
    return false;
  }

  for (std::size_t i = 1; i < ids.size(); ++i) Begin(ids[i], connection.more[i - 1]);
  Begin(ids.front(), connection);
  return true;
}

void SessionPump::Begin(SessionId id, Connection& connection) {
  Entry& entry = Add(id, connection.info, std::move(connection.slot));
  if (connection.info.target) starts_.Expect(id, /*speaks_socks=*/!connection.forwarded);
  // A user who runs a command has no address, and none of the limits by address.
  if (shared_.throttle && !connection.info.flow)
    entry.reader = rates_.ForClient(id, connection.client);
  (void)StartSession(id, entry, std::move(connection.fd));
}

}  // namespace funnel::tcpd
