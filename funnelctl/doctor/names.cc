// How long it takes to resolve a name.
#include "funnelctl/doctor/names.h"

#include <netdb.h>

#include "common/base/clock.h"
#include "common/net/srv.h"
#include "funnelctl/doctor/checks.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

// A client waits for this at the first connection, and again whenever the association comes up.
constexpr std::chrono::milliseconds kSlow{300};

using Milliseconds = std::chrono::duration<double, std::milli>;

Result<void> LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) return Fail(host + ": " + gai_strerror(code));
  freeaddrinfo(found);
  return {};
}

Result<std::string> LookUpAll(const config::Endpoint& endpoint) {
  auto hosts = TRY(HostsOf(endpoint));
  std::string shown;
  for (const std::string& host : hosts) {
    TRY(LookUp(host));
    if (host != endpoint.host) shown += (shown.empty() ? ", by SRV: " : ", ") + Shown(host);
  }
  return shown;
}

}  // namespace

Result<std::vector<std::string>> HostsOf(const config::Endpoint& endpoint) {
  if (endpoint.port != 0 || endpoint.is_literal()) return std::vector{endpoint.host};
  std::vector<std::string> out;
  bool refused = false;
  for (const char* kind : {"_funnel._sctp.", "_funnel._udp."}) {
    auto records = net::LookUpSrv(kind + endpoint.host);
    if (!records) continue;  // funnel-sctpd then uses the name itself
    for (const net::SrvRecord& record : *records) {
      refused |= record.target.empty();
      if (!record.target.empty()) out.push_back(record.target);
    }
  }

  if (out.empty() && refused)
    return Fail(endpoint.host + " has an SRV record that says this is not offered");
  if (out.empty()) out.push_back(endpoint.host);
  return out;
}

Findings CheckName(const config::Endpoint& endpoint) {
  TimePoint start = Now();
  auto found = LookUpAll(endpoint);
  Milliseconds took = Now() - start;
  std::string time = PrintMilliseconds(took.count());
  if (!found) {
    return {Wrong(Shown(found.error().message) + " (after " + time + ")",
                  "correct the name, /etc/resolv.conf or /etc/hosts")};
  }
  if (took > kSlow)
    return {
        Warning("found, but only after " + time + *found, "a nearer name server, or /etc/hosts")};
  return {Ok("found within " + time + *found)};
}

}  // namespace funnel::ctl::doctor
