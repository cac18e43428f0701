// The checks, grouped by what they look at. Each is small; table.cc lists them.
#pragma once

#include <memory>

#include "funnelctl/doctor/check.h"

namespace funnel::ctl::doctor {

using Shared = std::shared_ptr<const Context>;

// All checks. Without a configuration only those that need none.
[[nodiscard]] std::vector<Check> AllChecks(const Shared& context);

Findings CheckConfiguration(const Context& context);                          // files.cc
Findings CheckDirectories(const Context& context);                            // files.cc
Findings CheckDaemons(const Context& context);                                // daemons.cc
Findings CheckPeers(const Context& context);                                  // daemons.cc
Findings CheckKernelSctp(const Context& context);                             // kernel.cc
Findings CheckCrc32c();                                                       // kernel.cc
Findings CheckUdpOffload();                                                   // kernel.cc
Findings CheckPathMtu(const Context& context, const std::string& peer_host);  // path_mtu.cc
Findings CheckUdpPort(const Context& context);                                // ports.cc
Findings CheckServicePorts(const config::ServiceConfig& service, const std::string& run_dir);
Findings CheckName(const config::Endpoint& endpoint);  // names.cc
Findings CheckUnits(const Context& context);           // units.cc
Findings CheckCircles(const Context& context);         // circles.cc
// Whether a peer's name is looked up through the association with that peer: circles.cc.
Findings CheckOwnResolver(const Context& context, const std::string& resolv_conf,
                          const std::string& hosts);
Findings CheckEdgeUsers(const Context& context);  // users.cc
Findings CheckSuites(const Context& context);     // suites.cc
Findings CheckKeyLogs(const Context& context);    // suites.cc
Findings CheckModules(const Context& context);    // modules.cc

// Kerberos: keytab.cc and tickets.cc.
Findings CheckKeytabFile(const std::string& path, const std::string& authd_user);
Findings CheckKeytabKeys(const std::string& path);
Findings CheckCanonicalisation();
Findings CheckIdentity(const struct Identity& identity);

// The hosts of the KDCs that krb5.conf names for a realm; none if it leaves them to DNS.
[[nodiscard]] std::vector<std::string> KdcHosts(const std::string& realm);

}  // namespace funnel::ctl::doctor
