// Framing: packets, chunks, parameters.
#include "sctp/wire/chunk.h"

#include <gtest/gtest.h>

#include <array>

#include "sctp/wire/cause.h"
#include "sctp/wire/packet.h"
#include "sctp/wire/parameter.h"

namespace sctp {
namespace {

constexpr CommonHeader kHeader{5000, 29899, VerificationTag(0xfeedbeef)};

Bytes PacketOf(std::initializer_list<std::pair<ChunkType, std::size_t>> chunks) {
  Bytes buffer(1500);
  PacketWriter packet(buffer, kHeader);
  for (const auto& [type, size] : chunks) WriteChunk(packet.out(), type, 1, Bytes(size, 0xab));
  buffer.resize(packet.Finish().size());
  return buffer;
}

TEST(SerialTest, WrapsAround) {
  const Tsn last(0xffffffff);
  EXPECT_EQ(last + 1, Tsn(0));
  EXPECT_LT(last, Tsn(3));
  EXPECT_GT(Tsn(3), last);
  EXPECT_EQ(Tsn(3) - last, 4);
  EXPECT_EQ(last - Tsn(3), -4);
  EXPECT_LT(Ssn(0xfffe), Ssn(1));
}

TEST(PacketTest, ReadsBackWhatWasWritten) {
  Bytes bytes = PacketOf({{ChunkType::kError, 5}, {ChunkType::kCookieAck, 0}});
  EXPECT_EQ(bytes.size(), kCommonHeaderSize + 12 + 4);
  const auto packet = PacketView::Parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header, kHeader);
  ChunkReader chunks(packet->chunks);
  auto chunk = chunks.Next();
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->type, ChunkType::kError);
  EXPECT_EQ(chunk->flags, 1);
  EXPECT_EQ(chunk->body.size(), 5u);
  EXPECT_EQ(chunk->whole.size(), 9u);
  chunk = chunks.Next();
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->type, ChunkType::kCookieAck);
  EXPECT_FALSE(chunks.Next());
  EXPECT_FALSE(chunks.malformed());
}

TEST(PacketTest, EveryChangedBitIsNoticed) {
  Bytes bytes = PacketOf({{ChunkType::kError, 8}});
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(PacketView::Parse(bytes)) << bit;
    EXPECT_TRUE(PacketView::Parse(bytes, Checksum::kVerified));
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
}

TEST(PacketTest, RefusesEveryTruncation) {
  Bytes bytes = PacketOf({{ChunkType::kError, 8}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(PacketView::Parse(cut)) << size;
  }
}

// RFC 9260 section 3.2: the last chunk may lack its padding, but not part of its body.
TEST(ChunkTest, TruncatedChunksAreMalformed) {
  Bytes bytes = PacketOf({{ChunkType::kError, 5}});
  for (std::size_t size = kCommonHeaderSize + 1; size <= bytes.size(); ++size) {
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ChunkReader chunks(MutableByteView(cut).subspan(kCommonHeaderSize));
    const bool whole = size >= kCommonHeaderSize + 9;
    EXPECT_EQ(chunks.Next().has_value(), whole) << size;
    EXPECT_EQ(chunks.malformed(), !whole) << size;
    EXPECT_FALSE(chunks.Next());
  }
}

TEST(ChunkTest, LengthBelowItsOwnHeaderIsMalformed) {
  std::array<std::uint8_t, 8> bytes{3, 0, 0, 3, 1, 2, 3, 4};
  ChunkReader chunks(bytes);
  EXPECT_FALSE(chunks.Next());
  EXPECT_TRUE(chunks.malformed());
}

TEST(ChunkTest, UnknownTypesSayWhatToDo) {
  EXPECT_FALSE(IsKnown(static_cast<ChunkType>(0x3e)));
  EXPECT_TRUE(StopsAtUnknownChunk(static_cast<ChunkType>(0x3e)));
  EXPECT_FALSE(ReportsUnknownChunk(static_cast<ChunkType>(0x3e)));
  EXPECT_TRUE(ReportsUnknownChunk(static_cast<ChunkType>(0x7e)));
  EXPECT_FALSE(StopsAtUnknownChunk(static_cast<ChunkType>(0xbe)));
  EXPECT_TRUE(ReportsUnknownChunk(static_cast<ChunkType>(0xfe)));
  EXPECT_TRUE(StopsAtUnknownParameter(0x3fff));
  EXPECT_FALSE(StopsAtUnknownParameter(0x8000));
  EXPECT_TRUE(ReportsUnknownParameter(0xc000));
  EXPECT_FALSE(ReportsUnknownParameter(0x8000));
  EXPECT_EQ(Name(ChunkType::kIForwardTsn), "I-FORWARD-TSN");
  EXPECT_EQ(Name(static_cast<ChunkType>(0x3e)), "unknown");
}

TEST(TlvTest, ReadsBackWhatWasWritten) {
  Bytes buffer(64);
  BufferWriter out(buffer);
  WriteParameter(out, ParameterType::kStateCookie, funnel::AsBytes("cookie"));
  WriteCause(out, CauseCode::kUserAbort, {});
  TlvReader in(out.written());
  auto tlv = in.Next();
  ASSERT_TRUE(tlv);
  EXPECT_EQ(tlv->code, 7);
  EXPECT_EQ(funnel::AsText(tlv->value), "cookie");
  tlv = in.Next();
  ASSERT_TRUE(tlv);
  EXPECT_EQ(tlv->code, 12);
  EXPECT_TRUE(tlv->value.empty());
  EXPECT_FALSE(in.Next());
  EXPECT_FALSE(in.malformed());
}

TEST(TlvTest, TruncationIsMalformed) {
  Bytes buffer(64);
  BufferWriter out(buffer);
  WriteParameter(out, ParameterType::kStateCookie, funnel::AsBytes("cookie"));
  for (std::size_t size = 1; size < 10; ++size) {
    TlvReader in(out.written().first(size));
    EXPECT_FALSE(in.Next()) << size;
    EXPECT_TRUE(in.malformed()) << size;
  }
  TlvReader without_padding(out.written().first(10));
  EXPECT_TRUE(without_padding.Next());
  EXPECT_FALSE(without_padding.Next());
  EXPECT_FALSE(without_padding.malformed());
}

TEST(BufferWriterTest, WritesNothingPastTheEnd) {
  std::array<std::uint8_t, 6> buffer{};
  BufferWriter out(buffer);
  out.U32(1).U32(2).U8(3);
  EXPECT_FALSE(out.ok());
  EXPECT_EQ(out.position(), 4u);
  out.Rewind(0);
  out.U16(0xabcd);
  EXPECT_TRUE(out.ok());
  EXPECT_EQ(buffer[1], 0xcd);
  EXPECT_EQ(buffer[4], 0);
}

}  // namespace
}  // namespace sctp
