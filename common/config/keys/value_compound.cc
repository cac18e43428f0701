#include "common/config/keys/value_compound.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/config/keys/units.h"
#include "common/wire/frame/suite.h"

namespace funnel::config {
namespace {

// Adds the parser's own words: "bad principal ns@: the realm is empty".
std::unexpected<Error> Bad(std::string_view what, std::string_view text, const Error& error) {
  return Fail("bad " + std::string(what) + ' ' + EscapeForLog(text) + ": " + error.message);
}

template <typename T, typename Parsed>
Result<void> Store(std::string_view what, std::string_view text, Parsed parsed, T& out) {
  if (!parsed) return Bad(what, text, parsed.error());
  if constexpr (requires { out.push_back(*std::move(parsed)); }) {
    out.push_back(*std::move(parsed));
  } else {
    out = *std::move(parsed);
  }
  return {};
}

Result<SocketAddress> ParseIp(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  auto address = SocketAddress::FromLiteral(text, 0);
  // Its interface may be unknown here; funnel-sctpd, which sees them all, judges the zone.
  if (!address && Endpoint{.host = std::string(text)}.is_literal())
    address = SocketAddress::FromLiteral(WithoutZone(text), 0);
  if (!address) return Fail("an IPv4 or IPv6 address without port is expected");
  return *address;
}

Result<Endpoint> ParseLiteralPort(std::string_view text) {
  Endpoint endpoint = TRY(Endpoint::ParseHost(text, Endpoint::Port::kRequired));
  if (!endpoint.is_literal()) return Fail("an address is expected, not a name");
  return endpoint;
}

Result<void> ParseStream(std::string_view text, std::optional<StreamId>& out) {
  auto number = ParseCount(text);
  if (!number || *number < 1 || *number > 63) return Expected(Type::kStream, text);
  out = StreamId(static_cast<std::uint16_t>(*number));
  return {};
}

// The whole order is one value: a second one would replace it.
Result<void> ParseSuites(std::string_view text, std::vector<std::uint16_t>& out) {
  std::vector<std::uint16_t> suites;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) {
      const auto number = ParseCount(text.substr(at, end - at));
      const auto suite = static_cast<std::uint16_t>(number.value_or(0));
      const bool known = number && *number == suite && wire::FindSuite(suite) != nullptr;
      if (!known || std::ranges::find(suites, suite) != suites.end())
        return Expected(Type::kSuites, text);
      suites.push_back(suite);
    }
    at = end + 1;
  }

  if (suites.empty()) return Expected(Type::kSuites, text);
  out = std::move(suites);
  return {};
}

std::string PrintSuites(const std::vector<std::uint16_t>& suites) {
  std::string out;
  for (std::uint16_t suite : suites) out += (out.empty() ? "" : " ") + std::to_string(suite);
  return out;
}

template <typename T>
std::string PrintList(const std::vector<T>& list, std::string (T::*print)() const,
                      const char* separator = " ") {
  std::string out;
  for (const T& item : list) out += (out.empty() ? "" : separator) + (item.*print)();
  return out;
}

// Refuses what none of our principals can be in a file, although Kerberos would accept it.
Result<void> CheckWritten(std::string_view text, bool may_have_star) {
  bool in_realm = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (c == '@') {
      in_realm = true;
    } else if (in_realm && (c == ' ' || c == '\t')) {
      return Fail("a blank in the realm; one principal a line, and nothing behind it");
    } else if (c == '*' && !may_have_star) {
      return Fail(
          "`*` stands for any name, which only `accept` can take; here the name is written out");
    }
  }

  return {};
}

template <typename Parsed, typename T>
Result<void> StorePrincipal(std::string_view text, Result<Parsed> parsed, bool may_have_star,
                            T& out) {
  if (auto written = CheckWritten(text, may_have_star); parsed && !written)
    parsed = std::unexpected(written.error());
  return Store("principal", text, std::move(parsed), out);
}

}  // namespace

std::unexpected<Error> Expected(Type type, std::string_view text) {
  return Fail(std::string(DescribeType(type)) + " is expected, not " + EscapeForLog(text, 80));
}

Result<void> ParseCompound(Type type, std::string_view text, Field field) {
  switch (type) {
    case Type::kPrincipal:
      return StorePrincipal(text, Principal::Parse(text), /*may_have_star=*/false,
                            To<Principal>(field));
    case Type::kPattern:
      return StorePrincipal(text, PrincipalPattern::Parse(text), /*may_have_star=*/true,
                            To<std::vector<PrincipalPattern>>(field));
    case Type::kIpAddress:
      return Store("address", text, ParseIp(text), To<std::vector<SocketAddress>>(field));
    case Type::kHostPort:
      return Store("address", text, Endpoint::ParseHost(text, Endpoint::Port::kOptional),
                   To<std::vector<Endpoint>>(field));
    case Type::kLiteralPort:
      return Store("address", text, ParseLiteralPort(text), To<std::vector<Endpoint>>(field));
    case Type::kBackend:
      return Store("address", text, Backend::Parse(text), To<std::vector<Backend>>(field));
    case Type::kNetwork:
      return Store("network", text, Network::Parse(text), To<std::vector<Network>>(field));
    case Type::kCheck:
      return Store("check", text, HealthCheck::Parse(text), To<HealthCheck>(field));
    case Type::kBytes:
      return Store("value", text, WrittenBytes::Parse(text), To<WrittenBytes>(field));
    case Type::kGroup:
      return Store("group", text, MulticastGroup::Parse(text),
                   To<std::vector<MulticastGroup>>(field));
    case Type::kPorts:
      return Store("ports", text, PortRange::Parse(text), To<std::vector<PortRange>>(field));
    case Type::kSource:
      return Store("source", text, Source::Parse(text), To<Source>(field));
    case Type::kDscp:
      return Store("dscp", text, Dscp::Parse(text), To<Dscp>(field));
    case Type::kCommandLine:
      return Store("command", text, CommandLine::Parse(text), To<CommandLine>(field));
    case Type::kSuites:
      return ParseSuites(text, To<std::vector<std::uint16_t>>(field));
    default:
      return ParseStream(text, To<std::optional<StreamId>>(field));
  }
}

std::string PrintCompound(Type type, Field field) {
  switch (type) {
    case Type::kPrincipal:
      return To<Principal>(field).empty() ? "" : To<Principal>(field).text();
    case Type::kPattern:
      return PrintList(To<std::vector<PrincipalPattern>>(field), &PrincipalPattern::text);
    case Type::kIpAddress:
      return PrintList(To<std::vector<SocketAddress>>(field), &SocketAddress::ip_text);
    case Type::kHostPort:
    case Type::kLiteralPort:
      return PrintList(To<std::vector<Endpoint>>(field), &Endpoint::text);
    case Type::kBackend:
      return PrintList(To<std::vector<Backend>>(field), &Backend::text, ", ");
    case Type::kNetwork:
      return PrintList(To<std::vector<Network>>(field), &Network::text);
    case Type::kCheck:
      return To<HealthCheck>(field).text();
    case Type::kBytes:
      return To<WrittenBytes>(field).written;
    case Type::kGroup:
      return PrintList(To<std::vector<MulticastGroup>>(field), &MulticastGroup::text);
    case Type::kPorts:
      return PrintList(To<std::vector<PortRange>>(field), &PortRange::text);
    case Type::kSource:
      return To<Source>(field).text();
    case Type::kDscp:
      return To<Dscp>(field).written;
    case Type::kCommandLine:
      return To<CommandLine>(field).written;
    case Type::kSuites:
      return PrintSuites(To<std::vector<std::uint16_t>>(field));
    default: {
      auto stream = To<std::optional<StreamId>>(field);
      return stream ? std::to_string(stream->value()) : "";
    }
  }
}

}  // namespace funnel::config
