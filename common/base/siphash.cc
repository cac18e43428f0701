#include "common/base/siphash.h"

#include <bit>

#include "common/base/random.h"

namespace funnel {
namespace {

std::uint64_t LoadLittleEndian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << 8 * i;
  return value;
}

void StoreLittleEndian(std::uint8_t* at, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = static_cast<std::uint8_t>(value >> 8 * i);
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  // The constants spell "somepseudorandomlygeneratedbytes".
  State(std::uint64_t k0, std::uint64_t k1)
      : v0(k0 ^ 0x736f6d6570736575),
        v1(k1 ^ 0x646f72616e646f6d),
        v2(k0 ^ 0x6c7967656e657261),
        v3(k1 ^ 0x7465646279746573) {}

  void Rounds(int count) {
    for (; count > 0; --count) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }
  void Take(std::uint64_t word) {
    v3 ^= word;
    Rounds(2);
    v0 ^= word;
  }
  void TakeAll(ByteView message) {
    const std::uint64_t size = std::uint64_t{message.size()} << 56;
    for (; message.size() >= 8; message = message.subspan(8))
      Take(LoadLittleEndian(message.first(8)));
    Take(LoadLittleEndian(message) | size);
  }
  [[nodiscard]] std::uint64_t Finish() {
    Rounds(4);
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

SipHash::SipHash(const Key& key)
    : k0_(LoadLittleEndian(ByteView(key).first(8))), k1_(LoadLittleEndian(ByteView(key).last(8))) {}

SipHash SipHash::WithRandomKey() {
  Key key;
  FillRandom(key);
  return SipHash(key);
}

std::uint64_t SipHash::Hash64(ByteView message) const {
  State state(k0_, k1_);
  state.TakeAll(message);
  state.v2 ^= 0xff;
  return state.Finish();
}

SipHash::Sum128 SipHash::Hash128(ByteView message) const {
  State state(k0_, k1_);
  state.v1 ^= 0xee;
  state.TakeAll(message);
  Sum128 sum;
  state.v2 ^= 0xee;
  StoreLittleEndian(sum.data(), state.Finish());
  state.v1 ^= 0xdd;
  StoreLittleEndian(sum.data() + 8, state.Finish());
  return sum;
}

}  // namespace funnel
