// One value: its syntax, how it is read into a member of a configuration struct, how it is printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/config/node_config.h"
#include "common/config/peer_config.h"
#include "common/config/service_config.h"

namespace funnel::config {

// The syntaxes of values.
enum class Type {
  kBool,           // yes | no
  kCount,          // a whole number
  kTime,           // 500ms, 5s, 2min, 1h, 1d
  kSize,           // 100B, 64KiB, 4MiB, 1GiB
  kNodeName,       // host-like
  kPeerName,       // as files may be named
  kUser,           // a user or group: name or number
  kLabel,          // wire name
  kPath,           // absolute, or relative to the configuration folder
  kPrincipal,      //
  kPattern,        // principal in which a component may be *
  kIpAddress,      // literal without port
  kHostPort,       // host[:port]
  kLiteralPort,    // ADDRESS:port
  kBackend,        // host:port or unix:/path, with weight and backup
  kNetwork,        // ADDRESS/BITS
  kStream,         // 1 to 63
  kSuites,         // numbers of suites, best first
  kModule,         // a protocol module's name
  kOption,         // NAME=VALUE
  kLogLevel,       //
  kEngine,         //
  kCarrier,        //
  kWhen,           //
  kProtocol,       //
  kProxyProtocol,  //
  kBalance,        //
  kCheck,          // none, connect, text:..., hex:..., dns, radius
  kBytes,          // text:... or hex:...
  kAccessForm,     //
  kPortRule,       //
  kDscp,           // copy, 0 to 63, EF, AF41, CS3
  kFragment,       //
  kGroup,          // a multicast address, perhaps with %INTERFACE
  kAcceptWhen,     //
  kOnBackendDown,  //
  kPorts,          // PORT or FIRST-LAST
  kSource,         // any, ADDRESS, ADDRESS:FIRST-LAST, *:FIRST-LAST, transparent
  kCommandLine,    // /PROGRAM ARGUMENT ...
  kTerminal        //
};

// The member that a row of the table points at.
using Field =
    std::variant<bool*, std::uint16_t*, std::uint32_t*, std::uint64_t*, milliseconds*, std::string*,
                 std::vector<std::string>*, Principal*, std::vector<PrincipalPattern>*,
                 std::vector<SocketAddress>*, std::vector<Backend>*, std::vector<Endpoint>*,
                 std::vector<Network>*, std::optional<StreamId>*, std::vector<std::uint16_t>*,
                 LogLevel*, Engine*, Carrier*, When*, Protocol*, ProxyProtocol*, Balance*,
                 AccessForm*, PortRule*, AcceptWhen*, OnBackendDown*, HealthCheck*, WrittenBytes*,
                 Dscp*, Fragment*, std::vector<MulticastGroup>*, std::vector<PortRange>*,
                 CommandLine*, TerminalRule*, Source*>;

// Inclusive, in counts, bytes or milliseconds; for kCount, kTime and kSize.
struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

// Reads TEXT into the field; a list gets one more value. The error says what is expected. FIELD is
// of the kind that belongs to TYPE (the table's tests check that).
[[nodiscard]] Result<void> ParseValue(Type type, const Range& range, std::string_view text,
                                      Field field);

// The field as one could write it; "" for one that is not set and for an empty list.
[[nodiscard]] std::string PrintValue(Type type, Field field);
// The same, with one element for each value of a list; none where the text would be "".
[[nodiscard]] std::vector<std::string> PrintValues(Type type, Field field);

// For kCount, kTime and kSize: the member's number, and how such a number is written.
[[nodiscard]] std::int64_t NumberOf(Field field);
[[nodiscard]] std::string PrintNumber(Type type, std::int64_t value);
// Sets TO's member to the value of FROM's; both are of one kind.
void CopyValue(Field from, Field to);

// "a time with its unit (ms, s, min, h, d)".
[[nodiscard]] std::string_view DescribeType(Type type);
// For kCount, kTime and kSize: "100ms to 10s"; otherwise "".
[[nodiscard]] std::string PrintRange(Type type, const Range& range);

}  // namespace funnel::config
