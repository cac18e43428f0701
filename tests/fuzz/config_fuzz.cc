// A whole configuration in one input, each file behind a line that names it:
//
//   === funnel.conf
//   [node]
//   ...
//   === services.d/dns.ini
//
// Any input gives either a complete configuration, or mistakes that are reported.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/config/keys/keys.h"
#include "common/config/read/combine.h"

namespace funnel::config {
namespace {

constexpr std::string_view kMark = "=== ";

void Require(bool holds) {
  if (!holds) std::abort();
}

// "services.d/dns.ini" with prefix "services.d/" gives "dns".
std::string NameOf(std::string_view path, std::string_view folder) {
  path.remove_prefix(folder.size());
  return std::string(path.substr(0, path.find('.')));
}

void AddFile(std::string_view path, std::string_view text, Units& units) {
  Unit unit;
  unit.path = path;
  LayOver(unit, ParseIni(unit.path, text));
  if (path.starts_with("peers.d/")) {
    unit.name = NameOf(path, "peers.d/");
    units.peers.push_back(std::move(unit));
  } else if (path.starts_with("services.d/")) {
    unit.name = NameOf(path, "services.d/");
    units.services.push_back(std::move(unit));
  } else {
    units.node = std::move(unit);
  }
}

Units Split(std::string_view input) {
  Units units;
  while (!input.empty()) {
    std::size_t name_end = input.find('\n');
    std::string_view name = input.substr(0, name_end);
    if (name.starts_with(kMark)) name.remove_prefix(kMark.size());
    input = name_end == std::string_view::npos ? std::string_view() : input.substr(name_end + 1);
    std::size_t next = input.find("\n=== ");
    AddFile(name, input.substr(0, next), units);
    input = next == std::string_view::npos ? std::string_view() : input.substr(next + 1);
  }
  return units;
}

// Every value of a configuration that was accepted can be written down and read again.
void CheckRoundTrip(std::span<const KeyRow> rows, void* object, void* fresh) {
  for (const KeyRow& row : rows) {
    std::string text = PrintValue(row.type, row.member.in(object));
    if (text.empty() || row.need == Need::kList) continue;
    Require(ParseValue(row.type, row.range, text, row.member.in(fresh)).has_value());
    Require(PrintValue(row.type, row.member.in(fresh)) == text);
  }
}

void CheckComplete(Configuration& configuration) {
  NodeConfig node;
  Require(!configuration.node.name.empty());
  CheckRoundTrip(NodeKeys(), &configuration.node, &node);

  for (PeerConfig& peer : configuration.peers) {
    PeerConfig fresh;
    Require(!peer.node.empty() && !peer.identity.empty() && !peer.principal.empty());
    CheckRoundTrip(PeerKeys(), &peer, &fresh);
  }

  for (ServiceConfig& service : configuration.services) {
    ServiceConfig fresh;
    bool relay = service.role == Role::kRelay;
    Require(service.identity.empty() == relay && !service.wire_name.empty());
    Require(!relay || (!service.relay_from.empty() && !service.relay_to.empty()));
    Require(service.role != Role::kListen ||
            (!service.listen_address.empty() && !service.expect.empty()));
    CheckRoundTrip(ServiceKeys(), &service, &fresh);
  }
}

}  // namespace
}  // namespace funnel::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace funnel::config;
  auto combined = Combine("/etc/funnel", Split({reinterpret_cast<const char*>(data), size}));
  if (combined) {
    CheckComplete(*combined);
  } else {
    Require(!combined.error().empty() && !PrintMistakes(combined.error()).empty());
  }
  return 0;
}
