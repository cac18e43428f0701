#include "funnel-authd/peer/link_progress.h"

#include <ctime>
#include <string_view>

#include "common/base/log.h"

namespace funnel::authd {
namespace {

// Every step has a name here; the status shows fewer.
std::string_view StepName(LinkProgress::State state) {
  switch (state) {
    case LinkProgress::State::kIdle:
      return "idle";
    case LinkProgress::State::kOpening:
      return "opening";
    case LinkProgress::State::kOpenSent:
      return "OPEN sent";
    case LinkProgress::State::kAccepting:
      return "accepting";
    case LinkProgress::State::kConfirming:
      return "confirming";
    case LinkProgress::State::kVerified:
      return "verified";
    case LinkProgress::State::kFailed:
      return "failed";
  }
  return "?";
}

}  // namespace

void LinkProgress::SetState(State state, const std::string& peer, const std::string& reason) {
  if (state_ != state) {
    std::string line(StepName(state));
    if (!reason.empty()) line.append(": ").append(reason);
    Log(LogLevel::kDebug, "peer-link", line,
        {{"PEER", peer}, {"ASSOCIATION", std::to_string(association_.value())}});
    since_ = std::time(nullptr);
  }
  state_ = state;
  reason_ = reason;
}

}  // namespace funnel::authd
