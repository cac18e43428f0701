// One chunk in its own buffer, and checks that every parser of chunks must pass.
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

// PARSES(view) must be false for every body shorter than SMALLEST, and nothing may be read beyond
// the end (a sanitizer sees that, because each body has a buffer of its exact size).
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
