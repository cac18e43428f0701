#include "common/wire/frame/types.h"

namespace funnel::wire {

std::string_view EndCodeText(EndCode code) {
  switch (code) {
    case EndCode::kNone:
      return "ended";
    case EndCode::kShutdown:
      return "shutting down";
    case EndCode::kReset:
      return "reset by the application";
    case EndCode::kConnectFailed:
      return "backend did not take the connection";
    case EndCode::kTimeout:
      return "timed out";
    case EndCode::kLimit:
      return "limit reached";
    case EndCode::kProtocol:
      return "protocol violation";
    case EndCode::kTruncated:
      return "truncated";
    case EndCode::kExpired:
      return "security context expired";
    case EndCode::kRevoked:
      return "access revoked";
    case EndCode::kInternal:
      return "internal error";
    case EndCode::kDraining:
      return "being drained: no new sessions";
    case EndCode::kBroken:
      return "reset by the application, behind what it sent";
    case EndCode::kStuck:
      return "its reader took nothing for stuck-timeout";
    case EndCode::kIdle:
      return "silent for idle-timeout";
    case EndCode::kHalfClosed:
      return "half closed and silent for fin-timeout";
    case EndCode::kUnacknowledged:
      return "nothing was acknowledged for user-timeout";
    case EndCode::kNotAllowed:
      return "the far end does not allow that target";
    case EndCode::kHostUnreachable:
      return "the target cannot be reached, or its name is unknown";
    case EndCode::kNetworkUnreachable:
      return "the target's network cannot be reached";
    case EndCode::kRefused:
      return "the target refused the connection";
  }
  return "unknown reason";
}

std::string Target::text() const {
  const bool literal = host.find(':') != std::string::npos;
  return (literal ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace funnel::wire
