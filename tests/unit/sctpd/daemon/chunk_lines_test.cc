// What a trace says of chunks.
#include "funnel-sctpd/daemon/chunk_lines.h"

#include <gtest/gtest.h>

#include "sctp/wire/cause.h"
#include "sctp/wire/control_chunks.h"
#include "sctp/wire/data_chunk.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/sack_chunk.h"

namespace funnel::sctpd {
namespace {

using ::sctp::BufferWriter;
using ::sctp::ChunkType;

// The line without its time and peer, of the one chunk that WRITE writes.
template <typename Write>
std::string LineOf(Write write) {
  Bytes buffer(1024);
  BufferWriter out(buffer);
  write(out);
  ::sctp::ChunkReader chunks(MutableByteView(buffer).first(out.position()));
  const auto chunk = chunks.Next();
  EXPECT_TRUE(chunk);
  const std::string line =
      RenderTraceEvent(DescribeChunk(*chunk), trace::TraceTime{}, trace::TraceForm::kText);
  return line.substr(line.find("<-   ") + 5);
}

TEST(ChunkLines, DataHasItsNumbersAndNoPayload) {
  const Bytes payload{'s', 'e', 'c', 'r', 'e', 't'};
  ::sctp::DataChunk chunk;
  chunk.tsn = ::sctp::Tsn(70);
  chunk.stream = StreamId(3);
  chunk.mid = ::sctp::Mid(9);
  chunk.begin = chunk.unordered = true;
  chunk.payload = payload;
  EXPECT_EQ(LineOf([&](BufferWriter& out) { chunk.Write(out); }),
            "I-DATA tsn=70 stream=3 mid=9 fsn=0 size=6 unordered begin\n");
  chunk.format = ::sctp::DataFormat::kData;
  chunk.unordered = false;
  chunk.end = chunk.immediate = true;
  EXPECT_EQ(LineOf([&](BufferWriter& out) { chunk.Write(out); }),
            "DATA tsn=70 stream=3 ssn=9 size=6 begin end immediate\n");
}

TEST(ChunkLines, SackNamesTheTsnsOfItsGapsAndDuplicates) {
  const ::sctp::GapBlock gaps[] = {{2, 4}, {7, 7}};
  const ::sctp::Tsn duplicates[] = {::sctp::Tsn(99)};
  EXPECT_EQ(LineOf([&](BufferWriter& out) {
              ::sctp::SackChunk{::sctp::Tsn(100), 65536, gaps, duplicates}.Write(out);
            }),
            "SACK cumulative=100 window=65536 gaps=102-104,107-107 duplicates=99\n");
}

TEST(ChunkLines, GapsPastTheHighestTsnBeginAgainAtZero) {
  const ::sctp::GapBlock gaps[] = {{1, 3}};
  EXPECT_EQ(LineOf([&](BufferWriter& out) {
              ::sctp::SackChunk{::sctp::Tsn(0xfffffffe), 1, gaps, {}}.Write(out);
            }),
            "SACK cumulative=4294967294 window=1 gaps=4294967295-1\n");
}

TEST(ChunkLines, LongListsAreCut) {
  const std::vector<::sctp::GapBlock> gaps(100, {2, 2});
  const std::string line =
      LineOf([&](BufferWriter& out) { ::sctp::SackChunk{::sctp::Tsn(0), 1, gaps, {}}.Write(out); });
  EXPECT_TRUE(line.ends_with(",2-2,...\n")) << line;
  EXPECT_LT(line.size(), 100u);
}

TEST(ChunkLines, HandshakesShowNoTagAndNoCookie) {
  EXPECT_EQ(LineOf([&](BufferWriter& out) {
              ::sctp::ChunkScope chunk(out, ChunkType::kInit, 0);
              ::sctp::InitChunk{
                  ::sctp::VerificationTag(0xdeadbeef), 131072, 64, 65, ::sctp::Tsn(5), {}}
                  .WriteFixed(out);
              chunk.End();
            }),
            "INIT tsn=5 window=131072 out_streams=64 in_streams=65 size=20\n");
  EXPECT_EQ(LineOf([&](BufferWriter& out) {
              WriteChunk(out, ChunkType::kCookieEcho, 0, Bytes{1, 2, 3, 4});
            }),
            "COOKIE ECHO size=8\n");
}

TEST(ChunkLines, EndsHaveTheCodesOfTheirCauses) {
  EXPECT_EQ(LineOf([&](BufferWriter& out) {
              ::sctp::ChunkScope chunk(out, ChunkType::kAbort, 0);
              ::sctp::WriteCause(out, ::sctp::CauseCode::kUserAbort, Bytes{'b', 'y', 'e'});
              ::sctp::WriteCause(out, ::sctp::CauseCode::kStaleCookie, Bytes{0, 0, 0, 1});
              chunk.End();
            }),
            "ABORT causes=12,3\n");
  EXPECT_EQ(LineOf([&](BufferWriter& out) { ::sctp::WriteShutdown(out, ::sctp::Tsn(8)); }),
            "SHUTDOWN cumulative=8\n");
}

TEST(ChunkLines, WhatCannotBeReadIsMalformed) {
  for (ChunkType type : {ChunkType::kIData, ChunkType::kSack, ChunkType::kInit,
                         ChunkType::kIForwardTsn, ChunkType::kShutdown, ChunkType::kAbort})
    EXPECT_EQ(LineOf([&](BufferWriter& out) { WriteChunk(out, type, 0, Bytes{0}); }),
              "MALFORMED type=" + std::string(Name(type)) + " size=5\n");
  EXPECT_EQ(LineOf([&](BufferWriter& out) {
              WriteChunk(out, static_cast<ChunkType>(0x3f), 0, Bytes{0});
            }),
            "UNKNOWN type=63 size=5\n");
}

}  // namespace
}  // namespace funnel::sctpd
