#include "common/base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace funnel {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78;

// kTables[k][b]: the sum of byte b followed by k zero bytes, so that eight bytes are taken at a
// time.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr Tables MakeTables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kReflectedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}
constexpr Tables kTables = MakeTables();

std::uint64_t LoadLittleEndian64(const std::uint8_t* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

// The functions below take and return the running register, not inverted.
std::uint32_t RunPortable(std::uint32_t crc, const std::uint8_t* at, std::size_t size) {
  for (; size >= 8; size -= 8, at += 8) {
    std::uint64_t word = LoadLittleEndian64(at) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][word >> (8 * k) & 0xff];
  }
  for (; size > 0; --size, ++at) crc = crc >> 8 ^ kTables[0][(crc ^ *at) & 0xff];
  return crc;
}

#if defined(__x86_64__)
// x^BITS modulo the polynomial, reflected as all else here.
constexpr std::uint32_t PowerOfX(std::size_t bits) {
  std::uint32_t power = 0x80000000;
  for (; bits > 0; --bits) power = power >> 1 ^ (power & 1 ? kReflectedPolynomial : 0);
  return power;
}

// The register after kBytes zero bytes: times x^(8 kBytes). The instruction itself multiplies by
// x^32, and a carry-less product of reflected numbers is shifted by one: hence 33 less.
template <std::size_t kBytes>
[[gnu::target("sse4.2,pclmul")]] std::uint64_t PastZeros(std::uint64_t crc) {
  constexpr std::uint32_t kFactor = PowerOfX(8 * kBytes - 33);
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(crc)),
                                         _mm_cvtsi64_si128(kFactor), 0);
  return _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(product)));
}

// The instruction takes three cycles, and one can be begun in each: so three lanes side by side.
template <std::size_t kLane>
[[gnu::target("sse4.2,pclmul")]] std::uint64_t RunLanes(std::uint64_t crc, const std::uint8_t*& at,
                                                        std::size_t& size) {
  for (; size >= 3 * kLane; size -= 3 * kLane, at += 3 * kLane) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kLane; i += 8) {
      crc = _mm_crc32_u64(crc, LoadLittleEndian64(at + i));
      second = _mm_crc32_u64(second, LoadLittleEndian64(at + kLane + i));
      third = _mm_crc32_u64(third, LoadLittleEndian64(at + 2 * kLane + i));
    }
    crc = PastZeros<2 * kLane>(crc) ^ PastZeros<kLane>(second) ^ third;
  }
  return crc;
}

[[gnu::target("sse4.2,pclmul")]] std::uint32_t RunSse42(std::uint32_t crc, const std::uint8_t* at,
                                                        std::size_t size) {
  // A full packet and a small request, with little left over.
  std::uint64_t wide = RunLanes<472>(crc, at, size);
  wide = RunLanes<64>(wide, at, size);
  for (; size >= 8; size -= 8, at += 8) wide = _mm_crc32_u64(wide, LoadLittleEndian64(at));
  crc = static_cast<std::uint32_t>(wide);
  for (; size > 0; --size, ++at) crc = _mm_crc32_u8(crc, *at);
  return crc;
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
std::uint32_t RunArm(std::uint32_t crc, const std::uint8_t* at, std::size_t size) {
  for (; size >= 8; size -= 8, at += 8) crc = __crc32cd(crc, LoadLittleEndian64(at));
  for (; size > 0; --size, ++at) crc = __crc32cb(crc, *at);
  return crc;
}
#endif

struct Method {
  std::uint32_t (*run)(std::uint32_t, const std::uint8_t*, std::size_t);
  const char* name;
};

Method Choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
    return {RunSse42, "sse4.2"};
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
  return {RunArm, "armv8"};
#endif
  return {RunPortable, "portable"};
}

const Method kMethod = Choose();

}  // namespace

std::uint32_t Crc32c(ByteView bytes, std::uint32_t earlier) {
  return ~kMethod.run(~earlier, bytes.data(), bytes.size());
}

namespace internal {
std::uint32_t Crc32cPortable(ByteView bytes, std::uint32_t earlier) {
  return ~RunPortable(~earlier, bytes.data(), bytes.size());
}
const char* Crc32cMethod() { return kMethod.name; }
}  // namespace internal

}  // namespace funnel
