// A backend that takes no connection and refuses none.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "tests/unit/tcpd/test_sockets.h"

namespace funnel::tcpd {

// A listener on HOST and PORT that never answers.
struct Silent {
  explicit Silent(const std::string& host, std::uint16_t port) {
    const auto address = *SocketAddress::FromLiteral(host, port);
    listener.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(listener.get(), address.data(), address.size()), 0);
    EXPECT_EQ(listen(listener.get(), 0), 0);
    filler = ConnectTo(address);
  }
  UniqueFd listener, filler;
};

}  // namespace funnel::tcpd
