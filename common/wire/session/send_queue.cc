#include "common/wire/session/send_queue.h"

#include <algorithm>
#include <new>
#include <utility>

namespace funnel::wire {
namespace {

// A prepared chunk that got no more than this is copied to a small one, so that few bytes do not
// hold the memory of a large chunk.
constexpr std::size_t kTrickle = 1024;

Chunk* Allocate(std::size_t capacity) {
  void* memory = ::operator new(sizeof(Chunk) + capacity);
  auto* chunk = new (memory) Chunk;
  chunk->capacity = static_cast<std::uint32_t>(capacity);
  return chunk;
}

void Release(Chunk* chunk) {
  chunk->~Chunk();
  ::operator delete(chunk);
}

void Reset(Chunk* chunk) {
  const std::uint32_t capacity = chunk->capacity;
  *chunk = Chunk{};
  chunk->capacity = capacity;
}

}  // namespace

ChunkPool::~ChunkPool() {
  for (FreeList* list : {&small_, &large_}) {
    while (Chunk* chunk = list->first) {
      list->first = chunk->next;
      Release(chunk);
    }
  }
}

Chunk* ChunkPool::Make(std::size_t capacity) {
  const bool small = capacity <= kSmall;
  if (capacity > large_capacity_) large_capacity_ = capacity;
  if (!small && capacity < large_capacity_ / 2) return Allocate(capacity);
  FreeList& list = small ? small_ : large_;
  Chunk* chunk = list.first;
  if (!chunk || chunk->capacity < capacity) return Allocate(small ? kSmall : capacity);
  list.first = chunk->next;
  --list.count;
  Reset(chunk);
  return chunk;
}

void ChunkPool::Recycle(Chunk* chunk) {
  FreeList& list = chunk->capacity == kSmall ? small_ : large_;
  const bool of_use = chunk->capacity == kSmall || chunk->capacity >= large_capacity_;
  if (!of_use || list.count == kMaxFree) {
    Release(chunk);
    return;
  }
  chunk->next = list.first;
  list.first = chunk;
  ++list.count;
}

void SendQueue::Push(Chunk* chunk) {
  chunk->next = nullptr;
  (tail_ ? tail_->next : head_) = chunk;
  tail_ = chunk;
}

void SendQueue::PopHead(ChunkPool& pool) {
  Chunk* chunk = head_;
  head_ = chunk->next;
  if (!head_) tail_ = nullptr;
  pool.Recycle(chunk);
}

void SendQueue::Append(ByteView bytes, std::size_t chunk_capacity, ChunkPool& pool) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (!tail_ || tail_->is_message || tail_->room() == 0)
      Push(pool.Make(std::min(bytes.size(), chunk_capacity)));
    const std::size_t count = std::min({bytes.size(), tail_->room(), chunk_capacity});
    std::memcpy(tail_->data() + tail_->end, bytes.data(), count);
    tail_->end += static_cast<std::uint32_t>(count);
    bytes = bytes.subspan(count);
  }
}

MutableByteView SendQueue::Prepare(std::size_t chunk_capacity, ChunkPool& pool) {
  if (tail_ && !tail_->is_message && tail_->room() >= chunk_capacity / 2)
    prepared_ = tail_;
  else
    prepared_ = pool.Make(chunk_capacity);
  const std::size_t room = std::min<std::size_t>(prepared_->room(), chunk_capacity);
  return {prepared_->data() + prepared_->end, room};
}

void SendQueue::Commit(std::size_t count, ChunkPool& pool) {
  Chunk* chunk = std::exchange(prepared_, nullptr);
  if (chunk == tail_) {
    chunk->end += static_cast<std::uint32_t>(count);
    size_ += count;
  } else if (count <= kTrickle) {
    Append({chunk->data(), count}, kTrickle, pool);
    pool.Recycle(chunk);
  } else {
    chunk->end = static_cast<std::uint32_t>(count);
    size_ += count;
    Push(chunk);
  }
}

void SendQueue::AppendMessage(ByteView bytes, Order order, std::uint64_t distance, bool more,
                              ChunkPool& pool) {
  Chunk* chunk = pool.Make(bytes.size());
  if (!bytes.empty()) std::memcpy(chunk->data(), bytes.data(), bytes.size());
  chunk->end = static_cast<std::uint32_t>(bytes.size());
  chunk->is_message = true;
  chunk->order = order;
  chunk->distance = distance;
  chunk->more = more;
  size_ += bytes.size();
  Push(chunk);
}

void SendQueue::CopyTo(MutableByteView out) const {
  for (Chunk* chunk = head_; !out.empty(); chunk = chunk->next) {
    const std::size_t count = std::min(out.size(), chunk->size());
    if (count > 0) std::memcpy(out.data(), chunk->filled().data(), count);
    out = out.subspan(count);
  }
}

void SendQueue::Consume(std::size_t count, ChunkPool& pool) {
  size_ -= count;
  while (head_) {
    const std::size_t here = std::min(count, head_->size());
    head_->begin += static_cast<std::uint32_t>(here);
    count -= here;
    if (head_->size() > 0) return;
    const bool was_message = head_->is_message;
    PopHead(pool);
    if (was_message || count == 0) return;
  }
}

void SendQueue::Clear(ChunkPool& pool) {
  while (head_) PopHead(pool);
  if (prepared_) pool.Recycle(std::exchange(prepared_, nullptr));
  size_ = 0;
}

}  // namespace funnel::wire
