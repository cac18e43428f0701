#include "modules/ldap/ber.h"

namespace ldap {
namespace {

constexpr std::uint8_t kLongForm = 0x80;
constexpr std::size_t kMaxLengthOctets = 4, kMaxNumberOctets = 4;

}  // namespace

Got BerReader::Header(std::uint8_t& tag, std::uint64_t& length) {
  if (size_ - at_ < 2) return Got::kNeedMore;
  const std::uint8_t first = bytes_[at_ + 1];
  const std::size_t octets = (first & kLongForm) != 0 ? first & ~kLongForm : 0;
  // No octets in the long form would mean the indefinite one, which LDAP does not use.
  if (first == kLongForm || octets > kMaxLengthOctets) return Got::kWrong;
  if (size_ - at_ < 2 + octets) return Got::kNeedMore;

  tag = bytes_[at_];
  length = octets == 0 ? first : 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | bytes_[at_ + 2 + i];
  at_ += 2 + octets;
  return Got::kValue;
}

Got BerReader::Number(std::uint8_t tag, std::uint32_t& value) {
  const std::size_t begin = at_;
  std::uint8_t found = 0;
  std::uint64_t length = 0;
  if (const Got got = Header(found, length); got != Got::kValue) return got;
  if (found != tag || length == 0 || length > kMaxNumberOctets) return Got::kWrong;
  const std::uint8_t* octets = nullptr;
  if (!Take(length, octets)) {
    at_ = begin;
    return Got::kNeedMore;
  }
  if ((octets[0] & 0x80) != 0) return Got::kWrong;  // negative
  value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | octets[i];
  return Got::kValue;
}

bool BerReader::Take(std::uint64_t length, const std::uint8_t*& bytes) {
  if (size_ - at_ < length) return false;
  bytes = bytes_ + at_;
  at_ += length;
  return true;
}

}  // namespace ldap
