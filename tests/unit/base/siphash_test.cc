#include "common/base/siphash.h"

#include <gtest/gtest.h>

#include <numeric>

namespace funnel {
namespace {

// The vectors of the reference implementation: the key is 0, 1 ... 15, and so is the beginning of
// the message.
class SipHashTest : public testing::Test {
 protected:
  SipHashTest() {
    std::iota(key.begin(), key.end(), std::uint8_t{0});
    std::iota(message.begin(), message.end(), std::uint8_t{0});
  }
  [[nodiscard]] ByteView First(std::size_t count) const { return ByteView(message).first(count); }

  SipHash::Key key;
  std::array<std::uint8_t, 64> message;
};

TEST_F(SipHashTest, Of64BitsIsThatOfTheReference) {
  const SipHash hash(key);
  EXPECT_EQ(hash.Hash64({}), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(hash.Hash64(First(15)), 0xa129ca6149be45e5u);
}

TEST_F(SipHashTest, Of128BitsIsThatOfTheReference) {
  const SipHash hash(key);
  const SipHash::Sum128 of_none{0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
                                0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93};
  EXPECT_EQ(hash.Hash128({}), of_none);
  const SipHash::Sum128 of_one{0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44,
                               0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45};
  EXPECT_EQ(hash.Hash128(First(1)), of_one);
}

// Whole words, and every number of bytes that can be left.
TEST_F(SipHashTest, EachByteAndTheSizeCount) {
  const SipHash hash(key);
  for (std::size_t size = 1; size <= 17; ++size) {
    const std::uint64_t before = hash.Hash64(First(size));
    EXPECT_NE(before, hash.Hash64(First(size - 1)));
    for (std::size_t i = 0; i < size; ++i) {
      message[i] ^= 1;
      EXPECT_NE(hash.Hash64(First(size)), before) << size << " bytes, " << i;
      message[i] ^= 1;
    }
  }
  key[15] ^= 1;
  EXPECT_NE(SipHash(key).Hash64({}), hash.Hash64({}));
}

TEST_F(SipHashTest, RandomKeysDiffer) {
  EXPECT_NE(SipHash::WithRandomKey().Hash128({}), SipHash::WithRandomKey().Hash128({}));
}

}  // namespace
}  // namespace funnel
