#include "common/config/check.h"

#include "common/config/units.h"

namespace funnel::config {
namespace {

constexpr std::string_view kDefaultKeytab = "keytabs/funnel.keytab";

std::string Beneath(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + '/' + path;
}

// LEAST.key must not exceed MOST.key; the message stands where the lesser one was written.
template <typename T>
void RequireOrder(const Origins& origins, std::string_view section, std::string_view least_key,
                  T least, std::string_view most_key, T most, std::vector<Mistake>& mistakes) {
  if (least <= most) return;
  bool written = origins.contains(std::string(section) + '.' + std::string(least_key));
  Tell(origins, section, written ? least_key : most_key,
       std::string(least_key) + " is greater than " + std::string(most_key), mistakes);
}

void CheckSctp(const NodeConfig& node, std::vector<Mistake>& mistakes) {
  const SctpConfig& sctp = node.sctp;
  const Origins& at = node.origins;
  RequireOrder(at, "sctp", "rto-min", sctp.rto_min, "rto-initial", sctp.rto_initial, mistakes);
  RequireOrder(at, "sctp", "rto-initial", sctp.rto_initial, "rto-max", sctp.rto_max, mistakes);
  RequireOrder(at, "sctp", "reconnect-min", sctp.reconnect_min, "reconnect-max", sctp.reconnect_max,
               mistakes);
  RequireOrder(at, "sctp", "heartbeat", sctp.heartbeat, "dead-peer-timeout", sctp.dead_peer_timeout,
               mistakes);
  RequireOrder(at, "sctp", "packet-size", sctp.packet_size_bytes, "congestion-unit",
               sctp.congestion_unit_bytes, mistakes);
  RequireOrder(at, "sctp", "unverified-per-address", sctp.unverified_per_address,
               "unverified-associations", sctp.unverified_associations, mistakes);
  RequireOrder(at, "sctp", "half-open-per-association", sctp.half_open_per_association,
               "half-open-total", sctp.half_open_total, mistakes);
}

}  // namespace

void Tell(const Origins& origins, std::string_view section, std::string_view key, std::string text,
          std::vector<Mistake>& mistakes) {
  Origin at = FindOrigin(origins, section, key);
  mistakes.push_back({at.file, at.line, std::move(text)});
}

std::string PrintPlace(const Origin& origin) {
  return origin.line == 0 ? origin.file : origin.file + ':' + std::to_string(origin.line);
}

void RequireKeys(std::span<const KeyRow> rows, std::string_view section, const Origins& origins,
                 std::vector<Mistake>& mistakes) {
  for (const KeyRow& row : rows) {
    if (row.section != section || row.need != Need::kRequired) continue;
    if (origins.contains(std::string(section) + '.' + std::string(row.key))) continue;
    Tell(origins, section, row.key,
         std::string(row.key) + " is missing in [" + std::string(section) + "]", mistakes);
  }
}

void CompleteNode(const std::string& directory, NodeConfig& node, std::vector<Mistake>& mistakes) {
  RequireKeys(NodeKeys(), "node", node.origins, mistakes);
  KerberosConfig& kerberos = node.kerberos;
  if (kerberos.keytab.empty()) kerberos.keytab = kDefaultKeytab;
  kerberos.keytab = Beneath(directory, kerberos.keytab);
  if (kerberos.client_keytab.empty()) kerberos.client_keytab = kerberos.keytab;
  kerberos.client_keytab = Beneath(directory, kerberos.client_keytab);
  for (SocketAddress& address : node.sctp.listen) address.set_port(node.sctp.udp_port);
  CheckSctp(node, mistakes);
}

void CompletePeer(const Unit& unit, const NodeConfig& node, PeerConfig& peer,
                  std::vector<Mistake>& mistakes) {
  peer.name = unit.name;
  RequireKeys(PeerKeys(), "peer", peer.origins, mistakes);
  if (peer.identity.empty() && !peer.principal.empty()) {
    peer.identity = {{"funnel", node.name}, peer.principal.realm};
  }
  if (!peer.node.empty() && peer.node == node.name) {
    Tell(peer.origins, "peer", "node", "node: " + peer.node + " is this node itself", mistakes);
  }
  if (peer.carrier == Carrier::kUdp && !node.sctp.udp) {
    Tell(peer.origins, "peer", "carrier", "carrier: udp is switched off ([sctp] udp = no)",
         mistakes);
  }
  if (peer.connect.empty() && peer.when == When::kOnDemand) {
    Tell(peer.origins, "peer", "when", "when: on-demand needs `connect`", mistakes);
  }
}

void CheckTogether(Configuration& configuration, std::vector<Mistake>& mistakes) {
  CheckNames(configuration, mistakes);
  CheckPorts(configuration, mistakes);
  CheckStreams(configuration, mistakes);
}

}  // namespace funnel::config
