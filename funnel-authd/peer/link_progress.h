// How far a peer's proof has come on one association (peer_link.h), and what status shows of it.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/ids.h"

namespace funnel::authd {

class LinkProgress {
 public:
  enum class State { kIdle, kOpening, kOpenSent, kAccepting, kConfirming, kVerified, kFailed };

  explicit LinkProgress(AssociationId association) : association_(association) {}

  // Logs the step of PEER's link if it is another one, and keeps REASON for the status.
  void SetState(State state, const std::string& peer, const std::string& reason);

  [[nodiscard]] State state() const { return state_; }
  // Seconds since 1970; 0: it never changed.
  [[nodiscard]] std::int64_t since() const { return since_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  const AssociationId association_;
  State state_ = State::kIdle;
  std::int64_t since_ = 0;
  std::string reason_;
};

}  // namespace funnel::authd
