// Remembers a flow's last few datagrams that may still be on their way, so that a client's
// impatience does not send the same request twice (`suppress-resends`). An answer of the flow
// forgets them all: which request it answers is not ours to know, and a request sent twice is
// better than one not sent.
#pragma once

#include <array>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace funnel::udpd {

class ResendFilter {
 public:
  static constexpr std::size_t kRemembered = 8;

  // Whether DATAGRAM was passed on less than WINDOW ago without an answer since. If not, it counts
  // as passed on now.
  [[nodiscard]] bool IsResend(ByteView datagram, TimePoint now, Duration window);
  void OnAnswer() { count_ = 0; }

 private:
  struct Mark {
    std::uint64_t digest;
    TimePoint sent;
  };
  std::array<Mark, kRemembered> marks_{};
  std::size_t count_ = 0;
  std::size_t next_ = 0;
};

}  // namespace funnel::udpd
