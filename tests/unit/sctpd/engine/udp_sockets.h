// UDP sockets of tests.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp {

inline TransportAddress LocalAddress(const UniqueFd& fd) {
  sockaddr_storage raw;
  socklen_t length = sizeof raw;
  EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&raw), &length), 0);
  return *TransportAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), length);
}

// Port 0: the kernel chooses.
inline UniqueFd Bind(const char* host, std::uint16_t port = 0) {
  sockaddr_storage raw;
  socklen_t length = TransportAddress::Parse(host, 1)->ToSockaddr(raw);
  // In the same place for both families.
  reinterpret_cast<sockaddr_in&>(raw).sin_port = htons(port);
  UniqueFd fd(socket(raw.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&raw), length), 0) << std::strerror(errno);
  return fd;
}

}  // namespace funnel::sctp
