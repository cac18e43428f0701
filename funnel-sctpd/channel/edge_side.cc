#include "funnel-sctpd/channel/edge_side.h"

namespace funnel::sctpd {

void EdgeSide::OnLinkClosed(Channel& channel) {
  if (channel.stream() != nullptr && !channel.stream()->closed_sent) shared_.Count(kEdgesLost);
  ends_.Drop(channel, wire::ClosedCode::kAborted, "its edge has gone");
}

void EdgeSide::OnQueued(Channel& channel) {
  if (channel.link->pending_bytes() <= shared_.config.node.sctp.channel_queue_bytes) return;
  const std::string why = "its edge does not read";
  ends_.NoteOverflow(channel, why);
  ends_.Drop(channel, wire::ClosedCode::kLimit, why);
}

bool EdgeSide::IsConfigured(const Channel& channel) const {
  const auto* service = shared_.config.FindService(channel.service);
  if (service == nullptr) return false;
  if (channel.role == ChannelRole::kListen)
    return service->role == config::Role::kListen && service->peer == channel.peer;
  return service->role == config::Role::kConnect &&
         (service->peer.empty() || service->peer == channel.peer);
}

}  // namespace funnel::sctpd
