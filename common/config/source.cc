#include "common/config/source.h"

#include <algorithm>
#include <optional>

namespace funnel::config {
namespace {

constexpr std::string_view kAnySource = "any", kTransparentSource = "transparent",
                           kEveryAddress = "*";

struct SourceParts {
  std::string_view host;
  std::optional<std::string_view> ports;
};

// An IPv6 address with ports behind it is in brackets, as everywhere.
std::optional<SourceParts> SplitSource(std::string_view text) {
  SourceParts out{.host = text, .ports = {}};
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (rest.starts_with(':')) out.ports = rest.substr(1);
    if (!rest.empty() && !out.ports) return std::nullopt;
  } else if (std::ranges::count(text, ':') == 1) {
    out.host = text.substr(0, text.find(':'));
    out.ports = text.substr(text.find(':') + 1);
  }
  return out;
}

// An address that one machine has, and that needs no interface's name.
Result<SocketAddress> ParseSourceAddress(std::string_view host) {
  const auto literal = SocketAddress::FromLiteral(host, /*port=*/0);
  if (!literal || host.contains('%')) return Fail(std::string(Source::kForms) + " is expected");
  const SocketAddress address = literal->Unmapped();
  if (address.IsWildcard())
    return Fail("it stands for all addresses: *:FIRST-LAST is for ports alone");

  const std::string_view ip = address.ip_bytes();
  const auto first = static_cast<unsigned char>(ip[0]), second = static_cast<unsigned char>(ip[1]);
  const bool v6 = address.family() == AF_INET6;
  if (v6 ? first == 0xff : first >= 224) return Fail("it is no address of a single machine");
  if (v6 && first == 0xfe && (second & 0xc0) == 0x80)
    return Fail("a link-local address belongs to one interface only");
  return address;
}

}  // namespace

Result<Source> Source::Parse(std::string_view text) {
  Source out;
  if (text == kAnySource) return out;
  out.transparent = text == kTransparentSource;
  if (out.transparent) return out;

  const auto parts = SplitSource(text);
  if (!parts) return Fail(std::string(kForms) + " is expected");
  if (parts->ports) out.ports = TRY(PortRange::Parse(*parts->ports));
  if (parts->host == kEveryAddress && parts->ports) return out;
  out.address = TRY(ParseSourceAddress(parts->host));
  return out;
}

std::string Source::text() const {
  if (transparent) return std::string(kTransparentSource);
  if (any()) return std::string(kAnySource);
  if (!has_ports()) return address.ip_text();
  std::string host = has_address() ? address.ip_text() : std::string(kEveryAddress);
  if (address.family() == AF_INET6) host = '[' + host + ']';
  return host + ':' + ports.text();
}

}  // namespace funnel::config
