// How long a name takes to become an address.
#include <netdb.h>

#include "common/base/clock.h"
#include "funnelctl/doctor/checks.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

// A client waits for it at the first connection, and again whenever the association comes up.
constexpr std::chrono::milliseconds kSlow{300};

}  // namespace

Findings CheckName(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  TimePoint start = Now();
  int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  auto took = std::chrono::duration<double, std::milli>(Now() - start);
  std::string time = PrintMilliseconds(took.count());
  if (code != 0) {
    return {Wrong(std::string(gai_strerror(code)) + " (after " + time + ")",
                  "mend the name, /etc/resolv.conf or /etc/hosts")};
  }
  freeaddrinfo(found);
  if (took > kSlow)
    return {Warning("found, but only after " + time, "a nearer name server, or /etc/hosts")};
  return {Ok("found within " + time)};
}

}  // namespace funnel::ctl::doctor
