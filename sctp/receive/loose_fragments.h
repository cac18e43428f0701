// Fragments of unordered DATA chunks. Only their TSNs bind them together: each run of TSNs from a
// first fragment to a last one is a message (RFC 9260 section 6.9). I-DATA needs none of this.
#pragma once

#include <map>

#include "sctp/base/buffer_pool.h"
#include "sctp/receive/message_sink.h"
#include "sctp/wire/data_chunk.h"

namespace sctp {

class LooseFragments {
 public:
  LooseFragments(std::size_t max_message_bytes, BufferPool& buffers, MessageSink& sink)
      : max_message_bytes_(max_message_bytes), buffers_(buffers), sink_(sink) {}

  // Delivers the message that CHUNK, one of several, makes whole. False: it is too large, and
  // dropped.
  [[nodiscard]] bool Add(const DataView& chunk);
  // Nothing up to and with TSN will come any more (FORWARD-TSN).
  void Forget(Tsn tsn);
  [[nodiscard]] std::size_t held_bytes() const { return held_; }

  static constexpr std::size_t kOverheadBytes = 96;

 private:
  struct Fragment {
    StreamId stream;
    std::uint32_t protocol = 0;
    bool begin = false, end = false;
    Bytes bytes;
  };
  struct Earlier {
    bool operator()(Tsn a, Tsn b) const { return a < b; }
  };
  using Map = std::map<Tsn, Fragment, Earlier>;

  [[nodiscard]] bool Deliver(Map::iterator first, Map::iterator last);
  Map::iterator Erase(Map::iterator at);

  std::size_t max_message_bytes_;
  BufferPool& buffers_;
  MessageSink& sink_;
  // All lie within one receive window, so that their order is one.
  Map fragments_;
  std::size_t held_ = 0;
};

}  // namespace sctp
