#include "common/service/channel/channel_settings.h"

namespace funnel::service {

wire::ChannelSettings SettingsOf(const config::ServiceConfig& service, Duration rekey_retry,
                                 Duration confirm_timeout, const ChannelIdentity& identity,
                                 std::uint32_t budget) {
  wire::ChannelSettings settings;
  settings.features = identity.features;
  if (budget != 0) settings.packet_budget = budget;
  settings.rekey_retry = rekey_retry;
  settings.max_key_frames = service.key_frames;
  settings.max_key_bytes = service.key_volume_bytes;
  settings.rekey_after_frames = service.key_frames / 2;
  settings.rekey_after_bytes = service.key_volume_bytes / 2;
  settings.confirm_first = identity.unproven && identity.role == wire::Role::kInitiator;
  settings.confirm_timeout = confirm_timeout;
  settings.session_window_max = service.session_window_bytes;
  settings.channel_window_max = service.channel_window_bytes;
  bool udp = service.protocol == config::Protocol::kUdp;
  if (!udp) settings.stuck_timeout = service.stuck_timeout;

  // A flow may be replaced by another, and the far end learns a round trip later that it has ended.
  settings.max_sessions = udp ? 2 * std::uint64_t{service.max_flows} : service.max_sessions;
  if (udp) settings.lifetime = service.lifetime;
  return settings;
}

}  // namespace funnel::service
