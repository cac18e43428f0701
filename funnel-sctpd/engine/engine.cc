#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctp {

std::string_view Name(DownReason reason) {
  switch (reason) {
    case DownReason::kNoAnswer:
      return "no-answer";
    case DownReason::kRefused:
      return "refused";
    case DownReason::kShutdown:
      return "shutdown";
    case DownReason::kAborted:
      return "aborted";
    case DownReason::kDeadPeer:
      return "dead-peer";
    case DownReason::kRestarted:
      return "restarted";
    case DownReason::kLocal:
      return "local";
    case DownReason::kViolation:
      return "violation";
  }
  return "?";
}

std::string_view Name(PathState state) {
  switch (state) {
    case PathState::kActive:
      return "active";
    case PathState::kReachable:
      return "reachable";
    case PathState::kSilent:
      return "silent";
    case PathState::kUntried:
      return "untried";
  }
  return "?";
}

}  // namespace funnel::sctp
