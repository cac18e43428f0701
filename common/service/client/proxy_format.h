// What version 2 of the PROXY protocol has at fixed places; proxy_header.h draws it.
#pragma once

#include <cstdint>
#include <string_view>

namespace funnel::service {

inline constexpr std::string_view kProxySignature("\r\n\r\n\0\r\nQUIT\n", 12);
inline constexpr std::uint8_t kProxyTcpOverIpv4 = 0x11;
inline constexpr std::uint8_t kProxyTcpOverIpv6 = 0x21;
inline constexpr std::uint8_t kProxyUdpOverIpv4 = 0x12;
inline constexpr std::uint8_t kProxyUdpOverIpv6 = 0x22;

}  // namespace funnel::service
