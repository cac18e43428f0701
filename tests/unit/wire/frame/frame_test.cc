#include "common/wire/frame/frame.h"

#include <gtest/gtest.h>

namespace funnel::wire {
namespace {

FrameHeader Sample() {
  return {.type = FrameType::kSealed,
          .epoch = Epoch(0x0102),
          .channel = ChannelId(0xA1B2C3D4),
          .lifetime_ms = 5000};
}

TEST(FrameHeader, HasTheDocumentedLayout) {
  std::array<std::uint8_t, kFrameHeaderSize> raw;
  Sample().Serialize(raw);
  const std::array<std::uint8_t, kFrameHeaderSize> expected{4,    1,    0x01, 0x02, 0xA1, 0xB2,
                                                            0xC3, 0xD4, 0,    0,    0x13, 0x88};
  EXPECT_EQ(raw, expected);
}

TEST(FrameHeader, ComesBackAsItWent) {
  const Bytes frame = MakeFrame(Sample(), AsBytes("body"));
  auto header = FrameHeader::Parse(frame);
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, Sample());
  EXPECT_EQ(AsText(ByteView(frame).subspan(kFrameHeaderSize)), "body");
}

TEST(FrameHeader, RejectsShortFrames) {
  const Bytes frame = MakeFrame(Sample(), {});
  for (std::size_t size = 0; size < kFrameHeaderSize; ++size)
    EXPECT_FALSE(FrameHeader::Parse(ByteView(frame).first(size)));
}

TEST(FrameHeader, TellsAnotherVersionFromOtherFaults) {
  Bytes frame = MakeFrame(Sample(), {});
  frame[1] = 2;
  auto header = FrameHeader::Parse(frame);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, EPROTONOSUPPORT);
}

TEST(FrameHeader, RejectsUnknownTypes) {
  for (int type : {0, 6, 7, 0x7F, 0x83, 0xFF}) {
    Bytes frame = MakeFrame(Sample(), {});
    frame[0] = static_cast<std::uint8_t>(type);
    EXPECT_FALSE(FrameHeader::Parse(frame)) << type;
  }
}

TEST(FrameHeader, OnlySealedFramesHaveEpochAndLifetime) {
  FrameHeader header = Sample();
  header.type = FrameType::kOpen;
  EXPECT_FALSE(FrameHeader::Parse(MakeFrame(header, {})));
  header.epoch = Epoch(0);
  EXPECT_FALSE(FrameHeader::Parse(MakeFrame(header, {})));
  header.lifetime_ms = 0;
  EXPECT_TRUE(FrameHeader::Parse(MakeFrame(header, {})));
}

TEST(FrameType, LocalOnesAreNotForTheWire) {
  EXPECT_TRUE(IsLocal(FrameType::kLinkUp));
  EXPECT_FALSE(IsLocal(FrameType::kClosed));
  EXPECT_TRUE(IsOrdered(FrameType::kOpen));
  EXPECT_FALSE(IsOrdered(FrameType::kSealed));
}

TEST(ClosedBody, IsTwoBytesExactly) {
  const Bytes body = ClosedBody{ClosedCode::kAborted}.Serialize();
  ASSERT_TRUE(ClosedBody::Parse(body));
  EXPECT_EQ(ClosedBody::Parse(body)->code, ClosedCode::kAborted);
  EXPECT_FALSE(ClosedBody::Parse(ByteView(body).first(1)));
  EXPECT_FALSE(ClosedBody::Parse(Bytes{0, 1, 0}));
}

}  // namespace
}  // namespace funnel::wire
