// SOCKS version 5 (RFC 1928) at the side of the server: what a client sends until it is connected,
// and what it is answered.
//
// No I/O: the owner reads as many bytes as are asked for and none beyond, so that what the client
// sends behind its request stays in the kernel.
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/wire/frame/types.h"

namespace funnel::tcpd {

// Section 6.
enum class SocksReply : std::uint8_t {
  kSucceeded = 0,
  kFailure = 1,
  kNotAllowed = 2,
  kNetworkUnreachable = 3,
  kHostUnreachable = 4,
  kRefused = 5,
  kBadCommand = 7,
  kBadAddressType = 8,
};

// The first message of a client, and the choice among the methods that it offers (section 3).
//
//   version 05, count of methods, methods
struct SocksGreeting {
  std::size_t more = 0;  // how many bytes are missing at least; 0: it is complete
  bool fits = false;     // `no authentication` is among the methods
};
[[nodiscard]] Result<SocksGreeting> ReadSocksGreeting(ByteView bytes);
//   version 05, method: 00 no authentication, FF none fits
[[nodiscard]] Bytes SocksMethod(const SocksGreeting& greeting);

// Section 4.
//
//   version 05, command (01 CONNECT), reserved 00, address type, address, port 16
//   address types: 01 4 bytes; 03 length 8, name; 04 16 bytes
struct SocksRequest {
  std::size_t more = 0;                       // as above
  SocksReply reply = SocksReply::kSucceeded;  // else the request is complete enough to be refused
  wire::Target target;
};
// An error: it is no request of version 5 at all.
[[nodiscard]] Result<SocksRequest> ReadSocksRequest(ByteView bytes);

// BOUND is the socket's own address at the far end; AF_UNSPEC, as with every refusal: 0.0.0.0:0.
//
//   version 05, reply, reserved 00, address type, address, port 16
[[nodiscard]] Bytes SocksReplyMessage(SocksReply reply, const SocketAddress& bound = {});
// Why a session has ended before it was connected.
[[nodiscard]] SocksReply SocksReplyFor(wire::EndCode code);

}  // namespace funnel::tcpd
