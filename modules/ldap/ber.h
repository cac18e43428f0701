// The part of BER (X.690) that LDAP uses (RFC 4511, section 5.1): one octet of tag, definite
// lengths. It reads forward through bytes; more may follow later.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ldap {

enum class Got { kValue, kNeedMore, kWrong };

class BerReader {
 public:
  BerReader(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  // Reads a tag and the length of what follows it, which has at most four octets.
  [[nodiscard]] Got Header(std::uint8_t& tag, std::uint64_t& length);
  // Reads a whole INTEGER or ENUMERATED of TAG, from 0 to 2^31 - 1.
  [[nodiscard]] Got Number(std::uint8_t tag, std::uint32_t& value);
  // Takes LENGTH octets; false: they are not all there.
  [[nodiscard]] bool Take(std::uint64_t length, const std::uint8_t*& bytes);

  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  const std::uint8_t* bytes_;
  std::size_t size_;
  std::size_t at_ = 0;
};

}  // namespace ldap
