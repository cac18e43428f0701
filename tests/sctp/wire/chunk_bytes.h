// One chunk as bytes of its own, and what may be asked of every parser of chunks.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "sctp/wire/chunk.h"

namespace sctp::testing {

inline Bytes ChunkBytes(const std::function<void(BufferWriter&)>& write) {
  Bytes buffer(2000);
  BufferWriter out(buffer);
  write(out);
  EXPECT_TRUE(out.ok());
  buffer.resize(out.position());
  return buffer;
}

inline ChunkView OnlyChunk(Bytes& bytes) {
  ChunkReader chunks(bytes);
  auto chunk = chunks.Next();
  EXPECT_TRUE(chunk);
  EXPECT_FALSE(chunks.Next());
  EXPECT_FALSE(chunks.malformed());
  return chunk.value_or(ChunkView{});
}

// PARSES(view) for every body shorter than SMALLEST is false; nothing is read past the end (a
// sanitizer sees it: each body lies in a buffer of its exact size).
inline void RefusesShortBodies(ChunkType type, std::size_t smallest,
                               const std::function<bool(const ChunkView&)>& parses) {
  for (std::size_t size = 0; size < smallest; ++size) {
    Bytes body(size);
    EXPECT_FALSE(parses(ChunkView{type, 0, body, body})) << size;
  }
  Bytes body(smallest);
  EXPECT_TRUE(parses(ChunkView{type, 0, body, body}));
  EXPECT_FALSE(parses(ChunkView{static_cast<ChunkType>(0x3e), 0, body, body}));
}

}  // namespace sctp::testing
