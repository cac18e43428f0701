// A FrameCipher for tests: it hides nothing from a cryptographer, but a forger without the key
// fails. Token: sequence 64, tag 64, data XOR a stream from key and sequence.
#pragma once

#include "common/wire/frame/crypto.h"

namespace funnel::wire::testing {

class ToyCipher : public FrameCipher {
 public:
  static constexpr std::size_t kOverhead = 16;

  // KEY names the epoch's secret; the two ends use opposite directions.
  ToyCipher(std::uint64_t key, bool initiator)
      : seal_key_(Mix(key * 2 + (initiator ? 0 : 1))),
        open_key_(Mix(key * 2 + (initiator ? 1 : 0))) {}

  std::size_t Overhead() const override { return kOverhead; }

  Result<> Seal(std::uint64_t sequence, std::span<const ByteView> pieces,
                MutableByteView out) override {
    std::size_t at = kOverhead;
    for (ByteView piece : pieces) {
      if (at + piece.size() > out.size()) return Fail("pieces are larger than the token");
      if (!piece.empty()) std::memcpy(&out[at], piece.data(), piece.size());
      at += piece.size();
    }
    if (at != out.size()) return Fail("pieces are smaller than the token");
    StoreBigEndian<8>(&out[0], sequence);
    Stream(seal_key_, sequence, out.subspan(kOverhead));
    StoreBigEndian<8>(&out[8], Tag(seal_key_, sequence, out.subspan(kOverhead)));
    return {};
  }

  Result<MutableByteView> Open(MutableByteView token) override {
    if (token.size() < kOverhead) return Fail("short token");
    const std::uint64_t sequence = LoadBigEndian<8>(&token[0]);
    const MutableByteView data = token.subspan(kOverhead);
    if (LoadBigEndian<8>(&token[8]) != Tag(open_key_, sequence, data)) return Fail("bad tag");
    Stream(open_key_, sequence, data);
    return data;
  }

 private:
  static std::uint64_t Mix(std::uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
  }
  static std::uint64_t Load(const std::uint8_t* at) {
    std::uint64_t value;
    std::memcpy(&value, at, 8);
    return value;
  }
  static std::uint64_t Tag(std::uint64_t key, std::uint64_t sequence, ByteView data) {
    std::uint64_t sum = Mix(key ^ Mix(sequence + 1)) + data.size();
    std::size_t at = 0;
    for (; at + 8 <= data.size(); at += 8) sum = (sum ^ Load(&data[at])) * 0x9E3779B97F4A7C15ull;
    for (; at < data.size(); ++at) sum = (sum ^ data[at]) * 0x100000001b3ull;
    return Mix(sum ^ key);
  }
  static void Stream(std::uint64_t key, std::uint64_t sequence, MutableByteView data) {
    const std::uint64_t pad = Mix(key + sequence);
    std::size_t at = 0;
    for (; at + 8 <= data.size(); at += 8) {
      const std::uint64_t value = Load(&data[at]) ^ pad;
      std::memcpy(&data[at], &value, 8);
    }
    for (; at < data.size(); ++at) data[at] ^= static_cast<std::uint8_t>(pad >> (8 * (at % 8)));
  }

  std::uint64_t seal_key_, open_key_;
};

}  // namespace funnel::wire::testing
