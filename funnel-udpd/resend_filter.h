// Remembers a flow's last few datagrams that may still be on their way, so that an impatient client
// does not send the same request twice over the channel (`suppress-resends`). A datagram that was
// lost is not on its way: if one is known to be lost, or may be, all are forgotten. An answer of
// the flow does the same: we cannot know which request it answers, and a request sent twice is
// better than one not sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace funnel::udpd {

class ResendFilter {
 public:
  static constexpr std::size_t kRemembered = 8;

  struct Datagram {
    ByteView bytes;
    // If it has one, that decides, and not the bytes (module::DatagramVerdict).
    std::optional<std::uint64_t> meaning = {};
  };
  // What was passed on less than WINDOW ago, without an answer since: the same bytes, or other ones
  // with the same meaning.
  enum class Found { kNothing, kBytes, kMeaning };
  // If it is nothing, DATAGRAM counts as passed on now. LOST is how many datagrams its channel has
  // dropped so far: if that number has grown, one of them may have been ours.
  [[nodiscard]] Found Check(const Datagram& datagram, TimePoint now, Duration window,
                            std::uint64_t lost);
  // It was answered, refused or dropped, or its channel has ended.
  void Forget() { count_ = 0; }

 private:
  struct Mark {
    std::uint64_t digest;
    std::optional<std::uint64_t> meaning;
    TimePoint sent;
  };
  std::array<Mark, kRemembered> marks_{};
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  std::uint64_t lost_ = 0;
};

// How long a copy can be on its way: several round trips, because what SCTP sends again takes more
// than one; at least LEAST, and no longer than its LIFETIME (0: no limit).
[[nodiscard]] Duration ResendWindow(Duration least, Duration round_trip, Duration lifetime);

}  // namespace funnel::udpd
