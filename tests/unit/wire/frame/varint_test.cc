#include "common/wire/frame/varint.h"

#include <gtest/gtest.h>

namespace funnel::wire {
namespace {

Bytes Encode(std::uint64_t value) {
  Bytes out(kMaxVarintSize);
  out.resize(static_cast<std::size_t>(StoreVarint(out.data(), value) - out.data()));
  return out;
}

std::optional<std::uint64_t> Decode(const Bytes& raw) {
  ByteReader reader(raw);
  auto value = ReadVarint(reader);
  EXPECT_EQ(reader.position(), value ? raw.size() : 0u);
  return value;
}

TEST(Varint, MatchesTheExamplesOfRfc9000) {
  EXPECT_EQ(Decode({0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}), 151288809941952652u);
  EXPECT_EQ(Decode({0x9d, 0x7f, 0x3e, 0x7d}), 494878333u);
  EXPECT_EQ(Decode({0x7b, 0xbd}), 15293u);
  EXPECT_EQ(Decode({0x25}), 37u);
}

TEST(Varint, ComesBackAtEveryBorder) {
  for (std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{64}, std::uint64_t{16383},
        std::uint64_t{16384}, (std::uint64_t{1} << 30) - 1, std::uint64_t{1} << 30, kMaxVarint}) {
    const Bytes raw = Encode(value);
    EXPECT_EQ(raw.size(), VarintSize(value));
    EXPECT_EQ(Decode(raw), value);
  }
}

TEST(Varint, RejectsLongerFormsThanNeeded) {
  EXPECT_EQ(Decode({0x40, 0x25}), std::nullopt);  // RFC 9000 would take it as 37
  EXPECT_EQ(Decode({0x80, 0, 0x3F, 0xFF}), std::nullopt);
  EXPECT_EQ(Decode({0xC0, 0, 0, 0, 0x3F, 0xFF, 0xFF, 0xFF}), std::nullopt);
}

TEST(Varint, RejectsCutOnesAndStaysPut) {
  const Bytes whole = Encode(kMaxVarint);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(Decode(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
              std::nullopt);
}

}  // namespace
}  // namespace funnel::wire
