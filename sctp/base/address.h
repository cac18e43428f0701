// Where packets come from and go to. The library only compares addresses. What they mean is known
// to the owner of the sockets.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "common/base/bytes.h"

namespace sctp {

// IPv6, or IPv4 mapped into it (RFC 4291 section 2.5.5.2).
using Host = std::array<std::uint8_t, 16>;
inline constexpr std::array<std::uint8_t, 12> kIpv4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Address {
  Host host{};
  // Of UDP where that carries SCTP (RFC 6951), otherwise 0.
  std::uint16_t port = 0;
  // What carries packets there; the owner's own numbering.
  std::uint8_t carrier = 0;
  // Which address of ours the peer knows, for the owner to send from; zeros: any. It goes along
  // with the address and is not compared.
  Host local{};

  bool operator==(const Address& other) const {
    return host == other.host && port == other.port && carrier == other.carrier;
  }
};

}  // namespace sctp

template <>
struct std::hash<sctp::Address> {
  std::size_t operator()(const sctp::Address& address) const noexcept {
    const std::uint64_t high = funnel::LoadBigEndian<8>(address.host.data());
    const std::uint64_t low = funnel::LoadBigEndian<8>(address.host.data() + 8);
    const std::uint64_t rest = std::uint64_t{address.port} << 8 | address.carrier;
    // Multiplication by an odd number spreads each part over the upper bits.
    std::uint64_t mixed = (high ^ rest * 0x9e3779b97f4a7c15) * 0xc2b2ae3d27d4eb4f;
    mixed = (mixed ^ mixed >> 29 ^ low) * 0x9e3779b97f4a7c15;
    return static_cast<std::size_t>(mixed ^ mixed >> 32);
  }
};
