// The header of the PROXY protocol, which tells a backend the client's address: version 1, a line
// of text, and version 2. It is ahead of a connection's bytes, or of each datagram.
#pragma once

#include <string_view>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/config/service_config.h"
#include "common/service/client/client_policy.h"
#include "common/wire/frame/types.h"

namespace funnel::service {

// Who opened the channel, as both ends have proved. Each is written to a TLV of version 2 whose
// type the specification leaves to applications (PP2_TYPE_MIN_CUSTOM 0xE0 to 0xEF).
struct ProxyOrigin {
  std::string_view principal;  // E0: the far end's
  std::string_view node;       // E1: the far node's name
  std::string_view service;    // E2: what the service is called here
};

enum class ProxyTransport { kTcp, kUdp };

// CLIENT connected to LOCAL, both with their ports, as the listening side saw them. If they are of
// different families both are written as IPv6 (the IPv4 one mapped). Neither may be AF_UNSPEC.
//
//   PROXY TCP4|TCP6 source destination source-port destination-port CR LF
[[nodiscard]] Bytes ProxyHeaderV1(const SocketAddress& client, const SocketAddress& local);

// ORIGIN may be null. Without one it is 28 or 52 bytes, which fit the 107 that some readers take.
//
//   offset  size
//        0    12   signature 0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A
//       12     1   version 2, command PROXY: 21
//       13     1   11 TCP over IPv4, 21 TCP over IPv6, 12 UDP over IPv4, 22 UDP over IPv6
//       14     2   what follows
//       16 12|36   source address, destination address, source port, destination port
//                  TLVs: type 8, length 16, value
[[nodiscard]] Bytes ProxyHeaderV2(const SocketAddress& client, const SocketAddress& local,
                                  const ProxyOrigin* origin,
                                  ProxyTransport transport = ProxyTransport::kTcp);

// Whether the backend of SERVICE is told whose each session is: by proxy-protocol, or because its
// packets come from the client's address (source = transparent).
[[nodiscard]] bool StatesClients(const config::ServiceConfig& service);

// What SERVICE, by its proxy-protocol, is to send ahead of what INFO's client sends, whose channel
// PRINCIPAL has opened. Empty for kNone. An error: SERVICE states clients' addresses, and POLICY
// does not let this one pass.
[[nodiscard]] Result<Bytes> ProxyHeaderFor(const config::ServiceConfig& service,
                                           const ClientPolicy& policy,
                                           const wire::SessionInfo& info,
                                           std::string_view principal);

// Of a connection that is not a client's, such as a check: version 1 has `PROXY UNKNOWN`, version 2
// the command LOCAL and no address. Empty for kNone.
[[nodiscard]] Bytes ProxyHeaderOfOwn(config::ProxyProtocol form);

}  // namespace funnel::service
