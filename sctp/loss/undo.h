// Whether a reduction of the rate was a mistake: if all that was declared lost in a recovery turns
// out to have arrived (F-RTO's and Eifel's question, with SCTP's duplicate reports and packet
// numbers as the answers), it is to be undone.
#pragma once

#include "sctp/base/serial.h"

namespace sctp {

class Undo {
 public:
  // A chunk counts as lost. UNTIL: the next TSN to be sent; the recovery lasts until all before it
  // is acknowledged. True: a new recovery begins, and the rate is to be reduced once.
  bool OnLost(Tsn until) {
    ++doubted_;
    if (recovering_) return false;
    recovering_ = true;
    until_ = until;
    doubted_ = 1;
    return true;
  }
  // ... and was not. True: that was the last one, everything is undone.
  bool OnSpurious() {
    if (!recovering_ || doubted_ == 0) return false;
    if (--doubted_ > 0) return false;
    recovering_ = false;
    return true;
  }
  // All before CUMULATIVE and with it is acknowledged. True: the recovery ends here.
  bool OnCumulative(Tsn cumulative) {
    if (!recovering_ || cumulative + 1 < until_) return false;
    recovering_ = false;
    return true;
  }
  [[nodiscard]] bool recovering() const { return recovering_; }

 private:
  bool recovering_ = false;
  Tsn until_;
  std::uint64_t doubted_ = 0;
};

}  // namespace sctp
