// Numbers that wrap: the later of two is the one less than half the circle ahead (RFC 1982; RFC
// 9260 section 1.6). Differences are signed; numbers exactly half the circle apart have no order.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sctp {

template <typename Tag, typename Rep>
class Serial {
 public:
  using rep = Rep;
  using difference = std::make_signed_t<Rep>;

  constexpr Serial() = default;
  constexpr explicit Serial(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }

  constexpr bool operator==(const Serial&) const = default;
  constexpr bool operator<(Serial other) const { return *this - other < 0; }
  constexpr bool operator>(Serial other) const { return other < *this; }
  constexpr bool operator<=(Serial other) const { return *this == other || *this < other; }
  constexpr bool operator>=(Serial other) const { return other <= *this; }

  constexpr difference operator-(Serial other) const {
    return static_cast<difference>(static_cast<Rep>(value_ - other.value_));
  }
  constexpr Serial operator+(Rep count) const { return Serial(static_cast<Rep>(value_ + count)); }
  constexpr Serial operator-(Rep count) const { return Serial(static_cast<Rep>(value_ - count)); }
  constexpr Serial& operator++() {
    ++value_;
    return *this;
  }

 private:
  Rep value_{};
};

// Numbers a chunk of user data (transmission sequence number).
using Tsn = Serial<struct TsnTag, std::uint32_t>;
// Numbers the messages of a stream: an I-DATA chunk's MID, one circle for ordered and one for
// unordered ones; a DATA chunk's 16 bit SSN is widened to it where that is said.
using Mid = Serial<struct MidTag, std::uint32_t>;
using Ssn = Serial<struct SsnTag, std::uint16_t>;

}  // namespace sctp
