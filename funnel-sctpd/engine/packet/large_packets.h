// Whether large packets reach the peer. On some paths those above a size vanish without a word: the
// association stays up, small messages pass, and large ones never do.
//
// Looks at chunks that fill a packet of their own, however often they are sent. A large packet got
// through where the peer acknowledges one of them; where it acknowledges other things again and
// again, and none of these, they vanish. One that the sender gives up is no acknowledged one,
// though the peer counts it as such (FORWARD TSN, RFC 3758).
//
// Times and numbers are given in; no I/O. One per association.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace funnel::sctp {

class LargePackets {
 public:
  // Every path takes IP packets of 1,280 bytes (RFC 8200), which hold a chunk of this size beside
  // all headers.
  static constexpr std::size_t kLargeChunkBytes = 1200;
  // Losses are nothing unusual: so many, for so long, and so many acknowledgements meanwhile.
  static constexpr unsigned kLeastSent = 8;
  static constexpr unsigned kLeastAnswers = 4;
  static constexpr std::chrono::seconds kLeastTime{2};

  // A chunk of CHUNK_BYTES with TSN leaves, for the first time or again.
  void OnSent(std::uint32_t tsn, std::size_t chunk_bytes, TimePoint now);
  // The peer is told to do without all up to CUMULATIVE_TSN.
  void OnGivenUp(std::uint32_t cumulative_tsn);
  // SACK: a chunk's value, from its cumulative TSN on (RFC 9260 section 3.3.4).
  void OnAcknowledged(ByteView sack, TimePoint now);

  // The largest chunk of those that vanish; 0: large packets get through, as far as we know.
  [[nodiscard]] std::size_t vanishing_chunk_bytes() const { return vanishing_ ? largest_ : 0; }

 private:
  // Chunks that are waited for at a time.
  static constexpr std::size_t kMost = 8;
  // Acknowledgements within this time of each other are one.
  static constexpr std::chrono::milliseconds kApart{200};

  // Whether one that is waited for has arrived; forgets those that nobody waits for any more.
  [[nodiscard]] bool TakeArrived(ByteView sack);
  void Begin();

  std::vector<std::uint32_t> waiting_;
  std::uint32_t given_up_ = 0;
  bool any_given_up_ = false;

  // Since a large packet last got through:
  unsigned sent_ = 0;
  unsigned answers_ = 0;
  TimePoint since_{}, answered_{};
  std::size_t largest_ = 0;
  bool vanishing_ = false;
};

}  // namespace funnel::sctp
