#include "common/base/bytes.h"

#include <gtest/gtest.h>

namespace funnel {
namespace {

TEST(ByteReader, ReadsBigEndianFields) {
  const Bytes raw{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  ByteReader reader(raw);
  EXPECT_EQ(reader.U8(), 0x01);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U24(), 0x040506u);
  EXPECT_EQ(reader.U32(), 0x0708090au);
  EXPECT_EQ(reader.U64(), 0x0b0c0d0e0f101112u);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ByteReader, ReadPastTheEndYieldsNothingAndMovesNothing) {
  const Bytes raw{1, 2, 3};
  ByteReader reader(raw);
  EXPECT_EQ(reader.U32(), std::nullopt);
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_EQ(reader.U24(), 0x010203u);
  EXPECT_EQ(reader.U8(), std::nullopt);
}

TEST(ByteReader, BlockShorterThanItsLengthIsLeftUnread) {
  const Bytes raw{0, 4, 1, 2, 3};
  ByteReader reader(raw);
  EXPECT_FALSE(reader.Block16().has_value());
  EXPECT_EQ(reader.position(), 0u);
}

TEST(ByteReader, BlockOfHugeLengthIsRejected) {
  const Bytes raw{0xff, 0xff, 0xff, 0xff, 1};
  ByteReader reader(raw);
  EXPECT_FALSE(reader.Block32().has_value());
  EXPECT_EQ(reader.remaining(), 5u);
}

TEST(ByteWriter, RoundTripsWithReader) {
  ByteWriter writer;
  writer.U8(7)
      .U16(300)
      .U24(70000)
      .U32(5000000)
      .U64(1ull << 60)
      .Block16(AsBytes("abc"))
      .Block32(AsBytes(""))
      .Append("xy");
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.U8(), 7);
  EXPECT_EQ(reader.U16(), 300);
  EXPECT_EQ(reader.U24(), 70000u);
  EXPECT_EQ(reader.U32(), 5000000u);
  EXPECT_EQ(reader.U64(), 1ull << 60);
  EXPECT_EQ(AsText(*reader.Block16()), "abc");
  EXPECT_TRUE(reader.Block32()->empty());
  EXPECT_EQ(AsText(reader.Rest()), "xy");
}

}  // namespace
}  // namespace funnel
