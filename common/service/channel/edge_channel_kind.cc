// Whether both ends of a channel carry the same.
#include "common/base/log.h"
#include "common/service/channel/edge_channel.h"

namespace funnel::service {

bool EdgeChannel::Carries(config::Protocol what) {
  const bool datagrams = what == config::Protocol::kUdp;
  if (config::HasConnections(shared_.service.protocol) != datagrams) return true;
  RefuseKind("this end carries " +
             std::string(datagrams ? "connections (TCP)" : "datagrams (UDP)") +
             ", the other sends " + (datagrams ? "datagrams (UDP)" : "connections (TCP)"));
  return false;
}

void EdgeChannel::RefuseKind(const std::string& text) {
  Log(LogLevel::kWarning, "channel-failed", text,
      {{"SERVICE", shared_.service.name.text()},
       {"PEER", identity_.peer},
       {"REMOTE", identity_.remote_principal}});
  shared_.Count(kChannelsFailed);
  Note(ipc::NoteState::kClosing, text);
  Close(wire::EndCode::kProtocol, text);
}

void EdgeChannel::RequireKind() {
  const config::Protocol protocol = shared_.service.protocol;
  if (protocol == config::Protocol::kSocks && !identity_.features.Has(wire::Feature::kTargets))
    RefuseKind("this end carries connections to targets (SOCKS), the other does not");
  if (protocol == config::Protocol::kCommand && !identity_.features.Has(wire::Feature::kCommands))
    RefuseKind("this end carries commands, the other does not");
}

}  // namespace funnel::service
