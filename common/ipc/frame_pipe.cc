#include "common/ipc/frame_pipe.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <vector>

#include "common/base/receive_message.h"

namespace funnel::ipc {
namespace {

// Requested at both ends; the kernel grants what net.core.wmem_max allows.
constexpr int kSocketBuffer = 1024 * 1024;
// Frames that wait for the socket are in chunks of this size.
constexpr std::size_t kChunkSize = 128 * 1024;

// Memory of chunks of all writers of this thread, to be used again. So idle writers hold no memory,
// and for a writer that fills several chunks each turn the kernel need not map and clear them
// again.
class SpareChunks {
 public:
  [[nodiscard]] std::unique_ptr<std::uint8_t[]> Take() {
    if (free_.empty()) return std::unique_ptr<std::uint8_t[]>(new std::uint8_t[kChunkSize]);
    auto bytes = std::move(free_.back());
    free_.pop_back();
    return bytes;
  }
  void Give(std::unique_ptr<std::uint8_t[]> bytes) {
    constexpr std::size_t kMost = 16;  // 2 MiB
    if (free_.size() < kMost) free_.push_back(std::move(bytes));
  }

 private:
  std::vector<std::unique_ptr<std::uint8_t[]>> free_;
};
thread_local SpareChunks spare_chunks;

std::optional<std::size_t> FrameSize(ByteView unit) {
  if (unit.size() < kUnitHeaderSize) return std::nullopt;
  return LoadBigEndian<kUnitHeaderSize>(unit.data());
}

// -1: none.
int OptionOf(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

Result<ChannelSocketPair> ChannelSocketPair::Create() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
    return FailErrno("cannot make a socket pair");
  ChannelSocketPair pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
  for (int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
  return pair;
}

Result<> RequireChannelSocket(int fd) {
  if (fd < 0) return Fail("a message without the descriptor that it needs");
  // Asks only the socket itself: fstat() would ask a file system, perhaps the sender's.
  if (OptionOf(fd, SO_DOMAIN) != AF_UNIX || OptionOf(fd, SO_TYPE) != SOCK_STREAM ||
      OptionOf(fd, SO_PROTOCOL) != 0)
    return Fail("a descriptor that is no Unix stream socket");
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) < 0)
    return FailErrno("a channel socket that is not connected");
  return {};
}

Result<FrameReader::Progress> FrameReader::HandOver(
    MutableByteView bytes, const std::function<bool(MutableByteView frame)>& on_frame) {
  Progress progress;
  for (;;) {
    auto size = FrameSize(bytes.subspan(progress.consumed));
    if (!size) return progress;
    if (*size < wire::kFrameHeaderSize || *size > wire::kMaxFrameSize)
      return Fail("a unit of " + std::to_string(*size) + " bytes on a channel socket");
    if (bytes.size() - progress.consumed < kUnitHeaderSize + *size) return progress;
    if (!on_frame(bytes.subspan(progress.consumed + kUnitHeaderSize, *size))) {
      progress.paused = true;
      return progress;
    }
    progress.consumed += kUnitHeaderSize + *size;
  }
}

Result<FrameReader::Status> FrameReader::Drain(
    int fd, ReadBuffer& buffer, const std::function<bool(MutableByteView frame)>& on_frame) {
  MutableByteView space = buffer.view();
  // What was held goes to the head of the buffer, so that all frames are handed over from there.
  std::size_t filled = held_.size();
  assert(filled <= space.size());
  std::copy(held_.begin(), held_.end(), space.begin());
  held_.clear();
  bool closed = false, empty = false, paused = std::exchange(paused_, false);
  std::size_t total = 0;

  while (total < kBudget) {
    // After a pause, the frames that are already here come first.
    if (!paused) {
      const ReceivedMessage received = ReceiveMessage(fd, space.subspan(filled));
      const ssize_t got = received.size;
      if (got < 0 && errno == EINTR) continue;
      if (!received.fds.empty() || received.lost_fds)
        return Fail("a descriptor on a channel socket");
      closed = got == 0 || (got < 0 && errno != EAGAIN);
      empty = got < 0 || static_cast<std::size_t>(got) < space.size() - filled;
      if (got > 0) filled += static_cast<std::size_t>(got);
      if (got > 0) total += static_cast<std::size_t>(got);
      if (got <= 0) break;
    }
    paused = false;
    Progress progress = TRY(HandOver(space.first(filled), on_frame));
    std::size_t rest = filled - progress.consumed;
    if (progress.consumed != 0)
      std::copy_n(space.begin() + static_cast<std::ptrdiff_t>(progress.consumed), rest,
                  space.begin());
    filled = rest;
    if (progress.paused) {
      paused_ = true;
      held_.assign(space.begin(), space.begin() + static_cast<std::ptrdiff_t>(filled));
      return Status::kPaused;
    }
    // A short read has emptied the socket; another read would only confirm that.
    if (empty) break;
  }

  held_.assign(space.begin(), space.begin() + static_cast<std::ptrdiff_t>(filled));
  if (closed) return Status::kClosed;
  return empty ? Status::kDrained : Status::kMore;
}

std::uint8_t* FrameWriter::Room(std::size_t size) {
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().end < size) {
    const std::size_t capacity = std::max(size, kChunkSize);
    chunks_.push_back({capacity == kChunkSize
                           ? spare_chunks.Take()
                           : std::unique_ptr<std::uint8_t[]>(new std::uint8_t[capacity]),
                       0, 0, capacity});
  }
  Chunk& last = chunks_.back();
  return last.bytes.get() + last.end;
}

MutableByteView FrameWriter::Reserve(std::size_t size) {
  if (full()) return {};
  return {Room(kUnitHeaderSize + size) + kUnitHeaderSize, size};
}

void FrameWriter::Commit(std::size_t size) {
  Chunk& last = chunks_.back();
  assert(last.capacity - last.end >= kUnitHeaderSize + size);
  StoreBigEndian<kUnitHeaderSize>(last.bytes.get() + last.end, size);
  last.end += kUnitHeaderSize + size;
  pending_bytes_ += kUnitHeaderSize + size;
}

void FrameWriter::Append(ByteView frame) { Append(frame, {}); }

void FrameWriter::Append(ByteView header, ByteView body) {
  std::size_t size = header.size() + body.size();
  std::uint8_t* at = Room(kUnitHeaderSize + size) + kUnitHeaderSize;
  if (!header.empty()) std::memcpy(at, header.data(), header.size());
  if (!body.empty()) std::memcpy(at + header.size(), body.data(), body.size());
  Commit(size);
}

Result<bool> FrameWriter::Flush(int fd) {
  while (pending_bytes_ != 0) {
    std::array<iovec, kMaxPieces> pieces;
    msghdr message{};
    message.msg_iov = pieces.data();
    for (const Chunk& chunk : chunks_) {
      if (message.msg_iovlen == kMaxPieces) break;
      pieces[message.msg_iovlen++] = {chunk.bytes.get() + chunk.begin, chunk.end - chunk.begin};
    }
    ssize_t sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) return FailErrno("cannot write to the channel socket");
    Consume(static_cast<std::size_t>(sent));
  }

  return true;
}

void FrameWriter::Consume(std::size_t size) {
  pending_bytes_ -= size;
  while (!chunks_.empty()) {
    Chunk& first = chunks_.front();
    std::size_t taken = std::min(size, first.end - first.begin);
    first.begin += taken;
    size -= taken;
    if (first.begin != first.end) return;
    if (first.capacity == kChunkSize) spare_chunks.Give(std::move(first.bytes));
    chunks_.pop_front();
  }
}

}  // namespace funnel::ipc
