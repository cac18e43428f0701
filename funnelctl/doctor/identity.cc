#include "funnelctl/doctor/identity.h"

#include <map>

namespace funnel::ctl::doctor {

std::vector<Identity> IdentitiesOf(const config::Configuration& configuration) {
  const config::KerberosConfig& kerberos = configuration.node.kerberos;
  std::map<std::pair<std::string, std::string>, Identity> found;
  auto at = [&](const config::Principal& principal, const std::string& keytab) -> Identity& {
    Identity& out = found[{principal.text(), keytab}];
    out.principal = principal.text();
    out.keytab = keytab;
    return out;
  };

  for (const config::ServiceConfig& service : configuration.services) {
    if (service.role == config::Role::kListen) {
      Identity& identity = at(service.identity, kerberos.client_keytab);
      identity.initiates = true;
      identity.expected.push_back(service.expect.text());
    } else if (service.role == config::Role::kConnect) {
      at(service.identity, kerberos.keytab).accepts = true;
    }
  }

  // The node that connects is the initiator; without `connect` we only accept.
  for (const config::PeerConfig& peer : configuration.peers) {
    if (peer.connect.empty()) {
      at(peer.identity, kerberos.keytab).accepts = true;
      continue;
    }
    Identity& identity = at(peer.identity, kerberos.client_keytab);
    identity.initiates = true;
    identity.expected.push_back(peer.principal.text());
  }

  std::vector<Identity> out;
  for (auto& [key, identity] : found) out.push_back(std::move(identity));
  return out;
}

}  // namespace funnel::ctl::doctor
