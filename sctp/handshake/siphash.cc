#include "sctp/handshake/siphash.h"

#include <bit>

namespace sctp {
namespace {

std::uint64_t LoadLittleEndian(const std::uint8_t* at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{at[i]} << 8 * i;
  return value;
}

void StoreLittleEndian(std::uint8_t* at, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = static_cast<std::uint8_t>(value >> 8 * i);
}

struct State {
  std::uint64_t v0, v1, v2, v3;

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
  [[nodiscard]] std::uint64_t Sum() const { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

SipHashSum SipHash(const SipHashKey& key, ByteView message) {
  const std::uint64_t k0 = LoadLittleEndian(key.data(), 8),
                      k1 = LoadLittleEndian(key.data() + 8, 8);
  // The constants spell "somepseudorandomlygeneratedbytes"; 0xee and 0xdd are for the long result.
  State state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261,
              k1 ^ 0x7465646279746573};
  const std::uint8_t* at = message.data();
  std::size_t left = message.size();
  for (; left >= 8; left -= 8, at += 8) state.Take(LoadLittleEndian(at, 8));
  state.Take(LoadLittleEndian(at, left) | std::uint64_t{message.size()} << 56);
  SipHashSum sum;
  state.v2 ^= 0xee;
  state.Rounds(4);
  StoreLittleEndian(sum.data(), state.Sum());
  state.v1 ^= 0xdd;
  state.Rounds(4);
  StoreLittleEndian(sum.data() + 8, state.Sum());
  return sum;
}

bool EqualInConstantTime(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace sctp
