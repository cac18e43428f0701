// Bytes of one session that wait to be sent: a chain of chunks, empty and without memory when idle.
// A chunk holds a piece of a byte stream (frames cut it as they like), or one message (which goes
// out whole).
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/wire/frame/types.h"

namespace funnel::wire {

struct Chunk {
  Chunk* next = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t begin = 0, end = 0;  // what is filled and not yet sent
  // Of a message only.
  bool is_message = false;
  bool more = false;
  Order order = Order::kOrdered;
  std::uint64_t distance = 0;

  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  [[nodiscard]] const std::uint8_t* data_view() const {
    return reinterpret_cast<const std::uint8_t*>(this + 1) + begin;
  }
  [[nodiscard]] std::size_t size() const { return end - begin; }
  [[nodiscard]] std::size_t room() const { return capacity - end; }
  [[nodiscard]] ByteView filled() { return {data() + begin, size()}; }
};

// Makes chunks and keeps a few used ones, so that a steady flow allocates nothing. One a channel.
class ChunkPool {
 public:
  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  // Room for at least CAPACITY bytes.
  [[nodiscard]] Chunk* Make(std::size_t capacity);
  void Recycle(Chunk* chunk);

 private:
  static constexpr std::size_t kSmall = 2048;
  static constexpr std::size_t kMaxFree = 16;  // of each size

  struct FreeList {
    Chunk* first = nullptr;
    std::size_t count = 0;
  };
  FreeList small_, large_;
  std::size_t large_capacity_ = 0;
};

class SendQueue {
 public:
  SendQueue() = default;
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  // Stream bytes: fills up the last chunk, then adds chunks of CHUNK_CAPACITY.
  void Append(ByteView bytes, std::size_t chunk_capacity, ChunkPool& pool);
  // A place for more stream bytes: the rest of the last chunk, if that is a fair piece, or a new
  // one. Append the filled part by Commit.
  [[nodiscard]] MutableByteView Prepare(std::size_t chunk_capacity, ChunkPool& pool);
  void Commit(std::size_t count, ChunkPool& pool);
  void AppendMessage(ByteView bytes, Order order, std::uint64_t distance, bool more,
                     ChunkPool& pool);

  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  [[nodiscard]] Chunk* head() const { return head_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Copies the first bytes out.
  void CopyTo(MutableByteView out) const;
  // Drops the first COUNT bytes, and an empty message at the head.
  void Consume(std::size_t count, ChunkPool& pool);
  void Clear(ChunkPool& pool);

 private:
  void Push(Chunk* chunk);
  void PopHead(ChunkPool& pool);

  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  Chunk* prepared_ = nullptr;  // handed out by Prepare; tail_ or not yet in the chain
  std::size_t size_ = 0;
};

}  // namespace funnel::wire
