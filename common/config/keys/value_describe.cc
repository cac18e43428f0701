// The names of the syntaxes in messages and in help.
#include "common/config/keys/value.h"

namespace funnel::config {
namespace {

std::string_view DescribeName(Type type) {
  switch (type) {
    case Type::kNodeName:
      return "a node's name, written as a host name";
    case Type::kPeerName:
      return "a peer's name (peers.d/NAME.ini)";
    case Type::kUser:
      return "a user or group, by name or number";
    case Type::kLabel:
      return "1 to 63 printable characters without blanks, the first no @";
    case Type::kPath:
      return "a path";
    case Type::kPrincipal:
      return "a principal with its realm";
    case Type::kPattern:
      return "a principal with its realm, * for any one component";
    default:
      return {};
  }
}

}  // namespace

std::string_view DescribeType(Type type) {
  switch (type) {
    case Type::kBool:
      return "yes or no";
    case Type::kCount:
      return "a whole number";
    case Type::kTime:
      return "a time with its unit (ms, s, min, h, d)";
    case Type::kSize:
      return "a size with its unit (B, KiB, MiB, GiB)";
    case Type::kNodeName:
    case Type::kPeerName:
    case Type::kUser:
    case Type::kLabel:
    case Type::kPath:
    case Type::kPrincipal:
    case Type::kPattern:
      return DescribeName(type);
    case Type::kIpAddress:
      return "an IP address";
    case Type::kHostPort:
      return "HOST or HOST:PORT";
    case Type::kLiteralPort:
      return "ADDRESS:PORT or [V6]:PORT";
    case Type::kBackend:
      return "HOST:PORT, [V6]:PORT or unix:/PATH, with weight=N or backup behind it";
    case Type::kNetwork:
      return "ADDRESS or ADDRESS/BITS";
    case Type::kStream:
      return "a stream from 1 to 63";
    case Type::kSuites:
      return "suites from 1 to 5, best first, each once";
    case Type::kModule:
      return "a module's name, of a to z, 0 to 9 and -";
    case Type::kOption:
      return "NAME=VALUE, the name of a to z, 0 to 9 and -";
    case Type::kLogLevel:
      return "error, warning, notice, info or debug";
    case Type::kEngine:
      return "auto, kernel or own";
    case Type::kCarrier:
      return "auto, direct or udp";
    case Type::kWhen:
      return "always or on-demand";
    case Type::kProtocol:
      return "udp, tcp, socks or command";
    case Type::kProxyProtocol:
      return "none, v1, v2 or v2-tlv";
    case Type::kBalance:
      return "round-robin, least-sessions or client";
    case Type::kCheck:
      return HealthCheck::kForms;
    case Type::kBytes:
      return "text:... or hex:...";
    case Type::kAccessForm:
      return "no, journal or json";
    case Type::kPortRule:
      return "same or any";
    case Type::kFragment:
      return "here, anywhere or never";
    case Type::kGroup:
      return "a multicast address, with %INTERFACE behind it or without";
    case Type::kDscp:
      return "copy, 0 to 63, or a name such as EF, AF41 and CS3";
    case Type::kAcceptWhen:
      return "always or up";
    case Type::kOnBackendDown:
      return "wait or refuse";
    case Type::kPorts:
      return "PORT or FIRST-LAST";
    case Type::kSource:
      return Source::kForms;
    case Type::kCommandLine:
      return "/PROGRAM and its arguments, with quotes as in a systemd unit";
    case Type::kTerminal:
      return "never or auto";
  }

  return {};
}

}  // namespace funnel::config
