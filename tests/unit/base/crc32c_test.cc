#include "common/base/crc32c.h"

#include <gtest/gtest.h>

#include <random>

namespace funnel {
namespace {

TEST(Crc32cTest, KnownSums) {  // RFC 3720 appendix B.4
  Bytes zeros(32, 0), ones(32, 0xff), up(32), down(32);
  for (std::uint8_t i = 0; i < 32; ++i) {
    up[i] = i;
    down[i] = static_cast<std::uint8_t>(31 - i);
  }
  EXPECT_EQ(Crc32c(zeros), 0x8a9136aau);
  EXPECT_EQ(Crc32c(ones), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(up), 0x46dd794eu);
  EXPECT_EQ(Crc32c(down), 0x113fdb5cu);
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xe3069283u);
}

TEST(Crc32cTest, AllWaysAgree) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 3000; size += 1 + size / 7) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::uint32_t sum = Crc32c(bytes);
    EXPECT_EQ(sum, internal::Crc32cPortable(bytes, 0)) << internal::Crc32cMethod();
    const std::size_t middle = size / 3;
    EXPECT_EQ(sum, Crc32c(ByteView(bytes).subspan(middle), Crc32c(ByteView(bytes).first(middle))));
  }
}

}  // namespace
}  // namespace funnel
