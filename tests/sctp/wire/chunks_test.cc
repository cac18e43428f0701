// Each chunk: written, read back, cut short.
#include <gtest/gtest.h>

#include <array>

#include "sctp/wire/control_chunks.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/parameter.h"
#include "sctp/wire/sack_chunk.h"
#include "tests/sctp/wire/chunk_bytes.h"

namespace sctp {
namespace {

using testing::ChunkBytes;
using testing::OnlyChunk;
using testing::RefusesShortBodies;

TEST(DataChunkTest, IDataReadsBack) {
  const Bytes payload(7, 0x11);
  DataChunk first;
  first.tsn = Tsn(0xfffffffe);
  first.stream = StreamId(1023);
  first.begin = first.immediate = true;
  first.mid = Mid(0xabcdef01);
  first.protocol = 0x464e4c31;
  first.payload = payload;
  Bytes bytes = ChunkBytes([&](BufferWriter& out) { first.Write(out); });
  EXPECT_EQ(bytes.size(), Padded(first.Size()));
  const auto back = DataView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->format, DataFormat::kIData);
  EXPECT_EQ(back->tsn, first.tsn);
  EXPECT_EQ(back->stream, first.stream);
  EXPECT_EQ(back->mid, first.mid);
  EXPECT_EQ(back->protocol, first.protocol);
  EXPECT_TRUE(back->begin && back->immediate);
  EXPECT_FALSE(back->end || back->unordered);
  EXPECT_EQ(back->payload.size(), 7u);

  DataChunk later = first;
  later.begin = false;
  later.end = later.unordered = true;
  later.fsn = 77;
  bytes = ChunkBytes([&](BufferWriter& out) { later.Write(out); });
  const auto then = DataView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(then);
  EXPECT_EQ(then->fsn, 77u);
  EXPECT_EQ(then->protocol, 0u);
  EXPECT_TRUE(then->end && then->unordered);
}

TEST(DataChunkTest, DataReadsBack) {
  const Bytes payload(4, 0x22);
  DataChunk chunk;
  chunk.format = DataFormat::kData;
  chunk.tsn = Tsn(9);
  chunk.stream = StreamId(3);
  chunk.mid = Mid(0xffff);
  chunk.protocol = 5;
  chunk.payload = payload;
  Bytes bytes = ChunkBytes([&](BufferWriter& out) { chunk.Write(out); });
  auto back = DataView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->mid, Mid(0xffff));
  EXPECT_EQ(back->protocol, 5u);
  EXPECT_EQ(back->payload.size(), 4u);
  chunk.unordered = true;  // then its SSN has no meaning
  bytes = ChunkBytes([&](BufferWriter& out) { chunk.Write(out); });
  back = DataView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->mid, Mid(0));
}

TEST(DataChunkTest, RefusesTruncation) {
  const auto parses = [](const ChunkView& chunk) { return DataView::Parse(chunk).has_value(); };
  RefusesShortBodies(ChunkType::kData, kDataHeaderSize - kChunkHeaderSize, parses);
  RefusesShortBodies(ChunkType::kIData, kIDataHeaderSize - kChunkHeaderSize, parses);
}

TEST(InitChunkTest, ReadsBack) {
  const InitChunk init{VerificationTag(77), 1 << 20, 1024, 512, Tsn(0xffffffff), {}};
  Bytes bytes = ChunkBytes([&](BufferWriter& out) {
    ChunkScope chunk(out, ChunkType::kInitAck, 0);
    init.WriteFixed(out);
    WriteParameter(out, ParameterType::kForwardTsnSupported, {});
    chunk.End();
  });
  const auto back = InitChunk::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->tag, init.tag);
  EXPECT_EQ(back->window_bytes, init.window_bytes);
  EXPECT_EQ(back->out_streams, 1024);
  EXPECT_EQ(back->in_streams, 512);
  EXPECT_EQ(back->initial_tsn, init.initial_tsn);
  EXPECT_EQ(back->parameters.size(), 4u);
}

TEST(InitChunkTest, RefusesTruncation) {
  RefusesShortBodies(ChunkType::kInit, kInitFixedSize,
                     [](const ChunkView& chunk) { return InitChunk::Parse(chunk).has_value(); });
}

TEST(SackChunkTest, ReadsBack) {
  const std::array gaps{GapBlock{2, 3}, GapBlock{5, 0xffff}};
  const std::array duplicates{Tsn(1), Tsn(1), Tsn(0xffffffff)};
  const SackChunk sack{Tsn(8), 65536, gaps, duplicates};
  Bytes bytes = ChunkBytes([&](BufferWriter& out) { sack.Write(out); });
  EXPECT_EQ(bytes.size(), sack.Size());
  const auto back = SackView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->cumulative, Tsn(8));
  EXPECT_EQ(back->window_bytes, 65536u);
  ASSERT_EQ(back->gaps(), 2u);
  EXPECT_EQ(back->gap(0), gaps[0]);
  EXPECT_EQ(back->gap(1), gaps[1]);
  ASSERT_EQ(back->duplicates(), 3u);
  EXPECT_EQ(back->duplicate(2), Tsn(0xffffffff));
}

TEST(SackChunkTest, CountsHaveToFitTheLength) {
  RefusesShortBodies(ChunkType::kSack, kSackFixedSize,
                     [](const ChunkView& chunk) { return SackView::Parse(chunk).has_value(); });
  const std::array gaps{GapBlock{2, 3}};
  const SackChunk sack{Tsn(8), 65536, gaps, {}};
  Bytes bytes = ChunkBytes([&](BufferWriter& out) { sack.Write(out); });
  ChunkView chunk = OnlyChunk(bytes);
  chunk.body[9] = 2;  // claims two blocks
  EXPECT_FALSE(SackView::Parse(chunk));
  chunk.body[9] = 0;  // leaves bytes after the blocks
  EXPECT_FALSE(SackView::Parse(chunk));
  chunk.body[11] = 1;  // with a duplicate the length is right
  EXPECT_TRUE(SackView::Parse(chunk));
}

TEST(ForwardTsnChunkTest, BothFormsReadBack) {
  const std::array skipped{Skipped{StreamId(1), true, Mid(0x10001)},
                           Skipped{StreamId(1023), false, Mid(7)}};
  const ForwardTsnChunk own{DataFormat::kIData, Tsn(50), skipped};
  Bytes bytes = ChunkBytes([&](BufferWriter& out) { own.Write(out); });
  EXPECT_EQ(bytes.size(), own.Size());
  auto back = ForwardTsnView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->cumulative, Tsn(50));
  ASSERT_EQ(back->skipped(), 2u);
  EXPECT_EQ(back->at(0), skipped[0]);
  EXPECT_EQ(back->at(1), skipped[1]);

  const std::array plain{Skipped{StreamId(9), false, Mid(0xffff)}};
  const ForwardTsnChunk old{DataFormat::kData, Tsn(51), plain};
  bytes = ChunkBytes([&](BufferWriter& out) { old.Write(out); });
  back = ForwardTsnView::Parse(OnlyChunk(bytes));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->skipped(), 1u);
  EXPECT_EQ(back->at(0), plain[0]);
}

TEST(ForwardTsnChunkTest, RefusesTruncation) {
  const auto parses = [](const ChunkView& c) { return ForwardTsnView::Parse(c).has_value(); };
  RefusesShortBodies(ChunkType::kForwardTsn, kForwardTsnFixedSize, parses);
  RefusesShortBodies(ChunkType::kIForwardTsn, kForwardTsnFixedSize, parses);
  Bytes half(kForwardTsnFixedSize + 4);
  EXPECT_FALSE(parses(ChunkView{ChunkType::kIForwardTsn, 0, half, half}));
  EXPECT_TRUE(parses(ChunkView{ChunkType::kForwardTsn, 0, half, half}));
}

TEST(ControlChunksTest, ReadBack) {
  Bytes bytes = ChunkBytes([](BufferWriter& out) { WriteShutdown(out, Tsn(0xffffffff)); });
  EXPECT_EQ(ParseShutdown(OnlyChunk(bytes)), Tsn(0xffffffff));
  bytes = ChunkBytes([](BufferWriter& out) { WriteHeartbeat(out, funnel::AsBytes("nonce")); });
  const auto info = ParseHeartbeat(OnlyChunk(bytes));
  ASSERT_TRUE(info);
  EXPECT_EQ(funnel::AsText(*info), "nonce");
  bytes = ChunkBytes([](BufferWriter& out) { WritePad(out, 40); });
  EXPECT_EQ(bytes.size(), 40u);
  EXPECT_EQ(OnlyChunk(bytes).type, ChunkType::kPad);
}

TEST(ControlChunksTest, RefuseTruncation) {
  RefusesShortBodies(ChunkType::kShutdown, 4,
                     [](const ChunkView& chunk) { return ParseShutdown(chunk).has_value(); });
  Bytes empty;
  EXPECT_FALSE(ParseHeartbeat(ChunkView{ChunkType::kHeartbeat, 0, empty, empty}));
  Bytes other{0, 7, 0, 4};  // not heartbeat information
  EXPECT_FALSE(ParseHeartbeat(ChunkView{ChunkType::kHeartbeat, 0, other, other}));
}

}  // namespace
}  // namespace sctp
