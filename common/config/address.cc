#include "common/config/address.h"

#include <net/if.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace funnel::config {
namespace {

constexpr std::size_t kMaxHostName = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::string_view kUnixPrefix = "unix:";

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

Result<std::uint16_t> ParsePort(std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    return Fail("a port from 1 to 65535 is expected after the host");
  }
  return static_cast<std::uint16_t>(port);
}

struct Pieces {
  std::string_view host;
  std::optional<std::string_view> port;
  bool bracketed = false;
};

// Accepts "[::1]:53", "[::1]", "host:53", "host", and "::1" (two colons or more: a literal without
// a port).
Result<Pieces> SplitHostPort(std::string_view text) {
  Pieces out;
  if (text.starts_with('[')) {
    std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Fail("`]` is missing");
    out = {.host = text.substr(1, close - 1), .bracketed = true};
    std::string_view rest = text.substr(close + 1);
    if (rest.empty()) return out;
    if (!rest.starts_with(':')) return Fail("only `:port` may follow `]`");
    out.port = rest.substr(1);
    return out;
  }

  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    out.host = text;
  } else {
    out.host = text.substr(0, colon);
    out.port = text.substr(colon + 1);
  }

  return out;
}

// An interface's name (at most 15 bytes, as dev_valid_name of the kernel wants it) or its number.
bool IsZone(std::string_view text) {
  if (text.empty() || text.size() >= IF_NAMESIZE || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '/' && c != ':' && c != '%';
  });
}

bool IsLiteral(std::string_view host) {
  const std::string_view address = WithoutZone(host);
  if (address.size() < host.size()) {
    if (address.find(':') == std::string_view::npos) return false;
    if (!IsZone(host.substr(address.size() + 1))) return false;
  }
  return SocketAddress::FromLiteral(address, 0).has_value();
}

Result<void> CheckHost(const Pieces& pieces) {
  bool has_colon = pieces.host.find(':') != std::string_view::npos;
  bool literal = IsLiteral(pieces.host);
  if (pieces.bracketed && !(literal && has_colon))
    return Fail("an IPv6 address is expected between brackets");
  if (has_colon && !literal) return Fail("no IPv6 address, and no host with one port");
  if (literal) return {};
  if (!IsHostName(pieces.host)) return Fail("no host name and no address");
  bool all_digits = pieces.host.find_first_not_of("0123456789.") == std::string_view::npos;
  if (all_digits) return Fail("no IPv4 address");
  return {};
}

bool BitIsSet(std::string_view bytes, int bit) {
  return (static_cast<unsigned char>(bytes[static_cast<std::size_t>(bit / 8)]) >> (7 - bit % 8) &
          1) != 0;
}

}  // namespace

std::string_view WithoutZone(std::string_view literal) {
  return literal.substr(0, literal.find('%'));
}

bool IsHostName(std::string_view text) {
  if (text.empty() || text.size() > kMaxHostName) return false;
  if (text.front() == '.' || text.front() == '-' || text.find("..") != std::string_view::npos)
    return false;
  return std::all_of(text.begin(), text.end(), IsHostCharacter);
}

Result<Endpoint> Endpoint::ParseHost(std::string_view text, Port port) {
  Pieces pieces = TRY(SplitHostPort(text));
  TRY(CheckHost(pieces));
  Endpoint out;
  out.host = pieces.host;
  if (pieces.port) {
    out.port = TRY(ParsePort(*pieces.port));
  } else if (port == Port::kRequired) {
    return Fail("the port is missing (host:port, [v6]:port)");
  }
  return out;
}

Result<Endpoint> Endpoint::ParseBackend(std::string_view text) {
  if (!text.starts_with(kUnixPrefix)) return ParseHost(text, Port::kRequired);
  std::string_view path = text.substr(kUnixPrefix.size());
  if (!path.starts_with('/')) return Fail("an absolute path is expected after unix:");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Fail("the path is longer than 107 bytes");
  Endpoint out;
  out.unix_path = path;
  return out;
}

bool Endpoint::is_literal() const { return !is_unix() && IsLiteral(host); }

std::optional<SocketAddress> Endpoint::literal() const {
  if (is_unix()) return std::nullopt;
  return SocketAddress::FromLiteral(host, port);
}

std::string Endpoint::text() const {
  if (is_unix()) return std::string(kUnixPrefix) + unix_path;
  bool v6 = host.find(':') != std::string::npos;
  std::string out = v6 ? '[' + host + ']' : host;
  if (port != 0) out += ':' + std::to_string(port);
  return out;
}

Result<Network> Network::Parse(std::string_view text) {
  std::size_t slash = text.find('/');
  if (text.find('%') != std::string_view::npos)
    return Fail("a network has no zone: write the address alone");
  auto address = SocketAddress::FromLiteral(text.substr(0, slash), 0);
  if (!address) return Fail("an address or ADDRESS/BITS is expected");
  Network out{*address, static_cast<int>(address->ip_bytes().size() * 8)};

  if (slash != std::string_view::npos) {
    std::string_view bits = text.substr(slash + 1);
    int count = -1;
    auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
    if (error != std::errc() || end != bits.data() + bits.size() || count < 0 ||
        count > out.prefix_bits) {
      return Fail("the prefix length is from 0 to " + std::to_string(out.prefix_bits));
    }
    for (int bit = count; bit < out.prefix_bits; ++bit) {
      if (BitIsSet(address->ip_bytes(), bit)) return Fail("the address has bits beyond its prefix");
    }
    out.prefix_bits = count;
  }

  return out;
}

bool Network::Contains(const SocketAddress& candidate) const {
  SocketAddress plain = candidate.Unmapped();
  if (plain.family() != address.family()) return false;
  for (int bit = 0; bit < prefix_bits; ++bit) {
    if (BitIsSet(plain.ip_bytes(), bit) != BitIsSet(address.ip_bytes(), bit)) return false;
  }
  return true;
}

std::string Network::text() const { return address.ip_text() + '/' + std::to_string(prefix_bits); }

}  // namespace funnel::config
