// One packet that may be sent whatever the congestion window says, because the retransmission timer
// needs a sign from the peer: a probe, or after a timeout the oldest chunk again.
#pragma once

#include <optional>

#include "sctp/base/types.h"

namespace sctp {

class ExtraPacket {
 public:
  void AskForProbe() { probe_due_ = true; }
  void AskForRetransmission() { retransmit_due_ = true; }
  // It was sent, what it asked for was answered, or it was for another path.
  void Clear() { probe_due_ = retransmit_due_ = false; }
  [[nodiscard]] bool due() const { return probe_due_ || retransmit_due_; }
  [[nodiscard]] bool probe_due() const { return probe_due_; }

  // TSN, which was on its way, was sent as a probe. If the peer gets it twice, that means nothing.
  void OnProbeSent(Tsn tsn) { last_probe_ = tsn; }
  [[nodiscard]] bool WasLastProbe(Tsn tsn) const { return last_probe_ == tsn; }

 private:
  bool probe_due_ = false;
  bool retransmit_due_ = false;
  std::optional<Tsn> last_probe_;
};

}  // namespace sctp
