#include "funnelctl/command/effective.h"

#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

EffectiveKey EffectiveOf(const config::KeyRow& row, void* object, const config::Origins& origins) {
  EffectiveKey out{std::string(row.section), std::string(row.key), {}, {}};
  auto written = origins.find(out.section + '.' + out.key);
  std::vector<std::string> texts = config::PrintValues(row.type, row.member.in(object));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EffectiveValue value{std::move(texts[i]), std::nullopt};
    if (written != origins.end() && i < written->second.size()) value.origin = written->second[i];
    out.values.push_back(std::move(value));
  }
  if (out.values.empty()) out.unset = row.computed_default;
  return out;
}

bool Suits(const config::KeyRow& row, const config::ServiceConfig& service) {
  bool udp = service.protocol == config::Protocol::kUdp;
  bool socks = service.protocol == config::Protocol::kSocks;
  if ((row.applies & config::kUdpOnly) && !udp) return false;
  if ((row.applies & config::kTcpOnly) && udp) return false;
  if ((row.applies & config::kSocksOnly) && !socks) return false;
  if ((row.applies & config::kNotSocks) && socks) return false;
  const bool command = service.protocol == config::Protocol::kCommand;
  if ((row.applies & config::kCommandOnly) && !command) return false;
  if (command && !config::IsForCommands(row)) return false;
  if ((row.applies & config::kListenOnly) && service.role != config::Role::kListen) return false;
  if ((row.applies & config::kConnectOnly) && service.role != config::Role::kConnect) return false;
  if (row.section == "security") return service.role != config::Role::kRelay;
  return row.section == "service" || row.section == RoleWord(service.role);
}

}  // namespace

std::vector<EffectiveKey> EffectiveKeys(std::span<const config::KeyRow> rows, void* object,
                                        const config::Origins& origins) {
  std::vector<EffectiveKey> out;
  for (const config::KeyRow& row : rows) out.push_back(EffectiveOf(row, object, origins));
  return out;
}

std::vector<EffectiveKey> EffectiveServiceKeys(config::ServiceConfig& service) {
  std::vector<EffectiveKey> out;
  for (const config::KeyRow& row : config::ServiceKeys()) {
    if (Suits(row, service)) out.push_back(EffectiveOf(row, &service, service.origins));
  }
  return out;
}

}  // namespace funnel::ctl
