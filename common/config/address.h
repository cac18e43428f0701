// Addresses as configuration writes them: `host:port`, `192.0.2.1:53`, `[2001:db8::1]:53`,
// `unix:/run/x.sock`, and networks `192.0.2.0/24`. Names are kept, not resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::config {

struct Endpoint {
  std::string host;        // a name or a literal without brackets; empty for a Unix socket
  std::uint16_t port = 0;  // 0: none was written (where that is allowed)
  std::string unix_path;   // absolute; empty for host and port

  enum class Port { kRequired, kOptional };
  // host:port. With Port::kOptional also a host or a literal without a port: `::1`, `[::1]`.
  [[nodiscard]] static Result<Endpoint> ParseHost(std::string_view text, Port port);
  // The same, with the port required; or `unix:/absolute/path`.
  [[nodiscard]] static Result<Endpoint> ParseBackend(std::string_view text);

  [[nodiscard]] bool is_unix() const { return !unix_path.empty(); }
  // Whether host is an address, not a name. The zone of `fe80::1%eth0` is judged only where it is
  // used: the interface may appear later, or be in another network namespace than the reader's.
  [[nodiscard]] bool is_literal() const;
  // The address, if host is a literal. nullopt: it is a name or a Unix path, or its zone names no
  // interface that this process sees now.
  [[nodiscard]] std::optional<SocketAddress> literal() const;
  // The text as one would write it.
  [[nodiscard]] std::string text() const;
  bool operator==(const Endpoint&) const = default;
};

// A range of client addresses.
struct Network {
  SocketAddress address;  // port 0; bits beyond the prefix are zero
  int prefix_bits = 0;

  // A literal, with or without `/bits`. Bits that are set beyond the prefix are mistakes, and so is
  // a zone.
  [[nodiscard]] static Result<Network> Parse(std::string_view text);
  [[nodiscard]] bool Contains(const SocketAddress& candidate) const;
  [[nodiscard]] std::string text() const;
  bool operator==(const Network&) const = default;
};

// "fe80::1%eth0" without its zone; other text is returned unchanged.
[[nodiscard]] std::string_view WithoutZone(std::string_view literal);

// Whether TEXT can be a host: a DNS name of letters, digits, `-`, `_` and `.`, at most 253 long.
[[nodiscard]] bool IsHostName(std::string_view text);

}  // namespace funnel::config
