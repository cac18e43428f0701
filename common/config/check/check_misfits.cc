// Keys that a service of its role and protocol cannot have.
#include "common/config/check/check.h"

namespace funnel::config {
namespace {

// Fails with "is only for protocol = udp" and the like.
Result<> RequireSuiting(const KeyRow& row, const ServiceConfig& service) {
  if ((row.applies & kUdpOnly) && service.protocol != Protocol::kUdp)
    return Fail("is only for protocol = udp");
  if ((row.applies & kTcpOnly) && !HasConnections(service.protocol))
    return Fail("is only for protocol = tcp" +
                std::string(row.applies & kNotSocks ? "" : " or socks"));
  if ((row.applies & kSocksOnly) && service.protocol != Protocol::kSocks)
    return Fail("is only for protocol = socks");
  if ((row.applies & kNotSocks) && service.protocol == Protocol::kSocks)
    return Fail("is not for protocol = socks");
  if ((row.applies & kCommandOnly) && service.protocol != Protocol::kCommand)
    return Fail("is only for protocol = command");
  if (service.protocol == Protocol::kCommand && !IsForCommands(row))
    return Fail("is not for protocol = command");
  if ((row.applies & kListenOnly) && service.role != Role::kListen)
    return Fail("is only for a service with [listen]");
  if ((row.applies & kConnectOnly) && service.role != Role::kConnect)
    return Fail("is only for a service with [connect]");
  return {};
}

}  // namespace

void CheckMisfits(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  for (const KeyRow& row : ServiceKeys()) {
    if (!service.origins.contains(std::string(row.section) + '.' + std::string(row.key))) continue;
    if (auto suits = RequireSuiting(row, service); !suits)
      Report(service.origins, row.section, row.key,
             std::string(row.key) + ' ' + suits.error().message, mistakes);
  }
}

}  // namespace funnel::config
