// The channel socket between an edge and its sctpd: a SOCK_STREAM socketpair that carries units of
//
//   +-----------+-----------------------------+
//   | length 32 | frame, header included      |   length: of the frame, 12 to kMaxFrameSize
//   +-----------+-----------------------------+
//
// many a system call. Reader and writer are separate, own no descriptor, and never wait
// (MSG_DONTWAIT).
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/frame_sink.h"

namespace funnel::ipc {

constexpr std::size_t kUnitHeaderSize = 4;
constexpr std::size_t kMaxUnitSize = kUnitHeaderSize + wire::kMaxFrameSize;

// Two connected ends; both CLOEXEC.
struct ChannelSocketPair {
  UniqueFd ours, theirs;
  [[nodiscard]] static Result<ChannelSocketPair> Create();
};

// Fails unless FD is a connected SOCK_STREAM Unix socket; for descriptors that were passed to us.
[[nodiscard]] Result<> RequireChannelSocket(int fd);

// The buffer that readers read into. One serves all readers of a thread; it is empty between calls.
class ReadBuffer {
 public:
  static constexpr std::size_t kSize = 256 * 1024;
  ReadBuffer() : bytes_(new std::uint8_t[kSize]) {}
  [[nodiscard]] MutableByteView view() { return {bytes_.get(), kSize}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
};

class FrameReader {
 public:
  enum class Status {
    kDrained,  // nothing more for now
    kMore,     // the budget is used up; there may be more
    kPaused,   // ON_FRAME returned false: the next call shows the same frame again
    kClosed,   // the far end closed it (what came before was delivered), or it is broken
  };
  // How many bytes are read before other sources get their turn.
  static constexpr std::size_t kBudget = 1024 * 1024;

  // Reads what is there and hands over each whole frame, in place: it may be changed, and is gone
  // after the call. ON_FRAME returns true when it is done with the frame, or false to stop before
  // it, which then must be unchanged. It must not destroy this reader. An error: a unit has an
  // impossible length; give the socket up.
  [[nodiscard]] Result<Status> Drain(int fd, ReadBuffer& buffer,
                                     const std::function<bool(MutableByteView frame)>& on_frame);
  // How much waits for the rest of a unit, or for the end of a pause.
  [[nodiscard]] std::size_t held_bytes() const { return held_.size(); }

 private:
  // Hands over the whole frames at the head of BYTES, and returns how many bytes they had.
  struct Progress {
    std::size_t consumed = 0;
    bool paused = false;
  };
  [[nodiscard]] Result<Progress> HandOver(
      MutableByteView bytes, const std::function<bool(MutableByteView frame)>& on_frame);

  Bytes held_;
  bool paused_ = false;
};

class FrameWriter final : public wire::FrameSink {
 public:
  // When LIMIT bytes wait, Reserve returns nothing; Append continues (its caller watches
  // pending_bytes).
  explicit FrameWriter(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // wire::FrameSink
  MutableByteView Reserve(std::size_t size) override;
  void Commit(std::size_t size) override;

  // Adds a whole frame, header included, whatever the limit.
  void Append(ByteView frame);
  void Append(ByteView header, ByteView body);

  // Sends as much as the socket takes. True: nothing waits. An error: the socket is broken.
  [[nodiscard]] Result<bool> Flush(int fd);
  [[nodiscard]] bool wants_write() const { return pending_bytes_ != 0; }
  [[nodiscard]] std::size_t pending_bytes() const { return pending_bytes_; }
  [[nodiscard]] bool full() const { return pending_bytes_ >= limit_bytes_; }

 private:
  struct Chunk {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t begin = 0, end = 0, capacity = 0;
  };
  static constexpr std::size_t kMaxPieces = 16;  // of one sendmsg

  // Makes room for SIZE bytes at the end.
  [[nodiscard]] std::uint8_t* Room(std::size_t size);
  void Consume(std::size_t size);

  std::size_t limit_bytes_;
  std::size_t pending_bytes_ = 0;
  std::deque<Chunk> chunks_;
};

}  // namespace funnel::ipc
