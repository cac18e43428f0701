#include "common/config/check/check.h"

#include "common/config/keys/help.h"
#include "common/config/names.h"

namespace funnel::config {
namespace {

constexpr std::string_view kDefaultKeytab = "keytabs/funnel.keytab";

std::string Beneath(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + '/' + path;
}

}  // namespace

void Report(const Origins& origins, std::string_view section, std::string_view key,
            std::string text, std::vector<Mistake>& mistakes) {
  Origin at = FindOrigin(origins, section, key);
  mistakes.push_back({at.file, at.line, std::move(text)});
}

void CheckOrder(std::span<const KeyRow> rows, void* object, const Origins& origins,
                std::vector<Mistake>& mistakes) {
  for (const KeyRow& row : rows) {
    if (row.not_above.empty()) continue;
    const KeyRow& other = *FindKey(rows, row.section, row.not_above);
    std::int64_t value = NumberOf(row.member.in(object)), most = NumberOf(other.member.in(object));
    if (value * row.factor <= most) continue;
    const bool written = origins.contains(std::string(row.section) + '.' + std::string(row.key));
    Report(origins, row.section, written ? row.key : other.key,
           std::string(row.key) + " (" + PrintNumber(row.type, value) + ") is greater than " +
               DescribeMost(row) + " (" + (row.factor == 1 ? "" : "of ") +
               PrintNumber(other.type, most) + ")",
           mistakes);
  }
}

std::string PrintOrigin(const Origin& origin) {
  return origin.line == 0 ? origin.file : origin.file + ':' + std::to_string(origin.line);
}

void RequireKeys(std::span<const KeyRow> rows, std::string_view section, const Origins& origins,
                 std::vector<Mistake>& mistakes) {
  for (const KeyRow& row : rows) {
    if (row.section != section || row.need != Need::kRequired) continue;
    if (origins.contains(std::string(section) + '.' + std::string(row.key))) continue;
    Report(origins, section, row.key,
           std::string(row.key) + " is missing in [" + std::string(section) + "]", mistakes);
  }
}

void CompleteNode(const std::string& directory, NodeConfig& node, std::vector<Mistake>& mistakes) {
  RequireKeys(NodeKeys(), "node", node.origins, mistakes);
  KerberosConfig& kerberos = node.kerberos;
  if (kerberos.keytab.empty()) kerberos.keytab = kDefaultKeytab;
  kerberos.keytab = Beneath(directory, kerberos.keytab);
  kerberos.client_keytab =
      kerberos.client_keytab.empty() ? kerberos.keytab : Beneath(directory, kerberos.client_keytab);
  for (SocketAddress& address : node.sctp.listen) address.set_port(node.sctp.udp_port);
  CheckOrder(NodeKeys(), &node, node.origins, mistakes);
}

void CompletePeer(const Unit& unit, const NodeConfig& node, PeerConfig& peer,
                  std::vector<Mistake>& mistakes) {
  peer.name = unit.name;
  RequireKeys(PeerKeys(), "peer", peer.origins, mistakes);
  if (peer.identity.empty() && !peer.principal.empty()) {
    peer.identity = {{"funnel", node.name}, peer.principal.realm};
  }
  if (!peer.node.empty() && SameNode(peer.node, node.name)) {
    Report(peer.origins, "peer", "node", "node: " + peer.node + " is this node itself", mistakes);
  }
  if (peer.carrier == Carrier::kUdp && !node.sctp.udp) {
    Report(peer.origins, "peer", "carrier", "carrier: udp is switched off ([sctp] udp = no)",
           mistakes);
  }

  if (peer.connect.empty() && peer.when == When::kOnDemand) {
    Report(peer.origins, "peer", "when", "when: on-demand needs `connect`", mistakes);
  }
}

void CheckTogether(Configuration& configuration, std::vector<Mistake>& mistakes) {
  CheckNames(configuration, mistakes);
  CheckPorts(configuration, mistakes);
  CheckStreams(configuration, mistakes);
}

}  // namespace funnel::config
