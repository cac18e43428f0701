// One direction of one flow of a command: copies the bytes of a descriptor to another one, and
// counts them. It holds one bufferful, and reads no more before that is written. Its owner waits
// (poll(2)) for what it wants, and then lets it go on.
//
// It neither blocks nor sends SIGPIPE on sockets; of other descriptors see `at_once`.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"

namespace funnel::command {

class FlowCopy {
 public:
  static constexpr std::size_t kBuffer = 64 * 1024;

  // Both outlive it. AT_ONCE is how much may be written to TO when poll(2) has said that it takes
  // something: for a pipe or a terminal that blocks no more than PIPE_BUF.
  FlowCopy(int from, int to, std::size_t at_once = kBuffer);

  [[nodiscard]] int from() const { return from_; }
  [[nodiscard]] int to() const { return to_; }
  // The events to wait for at either end; 0: none now.
  [[nodiscard]] short from_events() const;
  [[nodiscard]] short to_events() const;
  // Reads once, or writes once. Each may be called at any time. False from Read(): nothing was
  // there to read.
  bool Read();
  void Write();
  // Nobody will read TO, which may be closed: what still comes is read, counted and dropped.
  void Disown();

  // Nothing comes any more: the other side has ended it, or it is broken.
  [[nodiscard]] bool ended() const { return ended_; }
  // What has come was written, or will never be.
  [[nodiscard]] bool flushed() const { return held() == 0; }
  // The reader of TO has gone. What still comes is read, counted and dropped.
  [[nodiscard]] bool unwanted() const { return unwanted_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] std::size_t held() const { return end_ - begin_; }

  const int from_, to_;
  const bool from_is_socket_, to_is_socket_;
  const std::size_t at_once_;
  bool ended_ = false;
  bool unwanted_ = false;
  std::uint64_t bytes_ = 0;
  std::size_t begin_ = 0, end_ = 0;  // of what waits in the buffer
  Bytes buffer_;
};

}  // namespace funnel::command
