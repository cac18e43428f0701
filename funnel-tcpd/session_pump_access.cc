// What a SessionPump shows and logs about its sessions: for funnelctl, and for the access log.
#include "funnel-tcpd/session_pump.h"

namespace funnel::tcpd {

using service::AccessEnd;
using wire::EndCode;

void SessionPump::Visit(const std::function<void(View&&)>& visit) const {
  for (const auto& [id, entry] : entries_)
    visit({id, entry.session != nullptr, entry.info, entry.opened, BackendText(entry),
           ModuleText(entry)});
}

std::string SessionPump::ModuleText(const Entry& entry) const {
  if (!entry.sender) return "";
  const std::string name = shared_.module->module().name;
  return entry.sender->is_stream() ? name + ": bytes" : name;
}

std::string SessionPump::BackendText(const Entry& entry) const {
  if (backend_ == nullptr) return "";
  return entry.backend ? entry.backend.endpoint().text()
                       : config::BackendsText(shared_.service.connect_address);
}

void SessionPump::CountWritten(Entry& entry, std::size_t bytes, TimePoint now) const {
  if (backend_ == nullptr) {
    entry.counts.OnToClient(bytes, now);
  } else {
    entry.counts.OnFromClient(bytes);
  }
}

void SessionPump::CountRead(Entry& entry, std::size_t bytes, TimePoint now) const {
  if (backend_ == nullptr) {
    entry.counts.OnFromClient(bytes);
  } else {
    entry.counts.OnToClient(bytes, now);
  }
}

AccessEnd SessionPump::ClosedBy(const Entry& entry) const {
  return {"closed", entry.ours_ended_first ? OurSide() : FarSide()};
}

// What a RESET from the far side means, or the end of the channel.
AccessEnd SessionPump::FarEnd(EndCode code) const {
  switch (code) {
    case EndCode::kBroken:
      return {"reset", FarSide()};
    case EndCode::kConnectFailed:
      return {"connect-failed", "backend"};
    case EndCode::kTimeout:
      return {"stuck-timeout", OurSide()};
    case EndCode::kStuck:
      return {"stuck-timeout", FarSide()};
    case EndCode::kUnacknowledged:
      return {"user-timeout", FarSide()};
    case EndCode::kIdle:
      return {"idle-timeout", "far side"};
    case EndCode::kHalfClosed:
      return {"fin-timeout", "far side"};
    case EndCode::kReset:
      return {"reset", "far side"};
    case EndCode::kLimit:
      return {"limit", "far side"};
    case EndCode::kDraining:
      return {"drained", "far side"};
    default:
      return {"channel-lost", "far side"};
  }
}

// What a RESET of ours means.
AccessEnd SessionPump::OwnEnd(EndCode code) const {
  switch (code) {
    case EndCode::kConnectFailed:
      return {"connect-failed", "backend"};
    case EndCode::kUnacknowledged:
      return {"user-timeout", OurSide()};
    case EndCode::kIdle:
      return {"idle-timeout", "here"};
    case EndCode::kHalfClosed:
      return {"fin-timeout", "here"};
    case EndCode::kReset:
      return {"reset", "here"};
    default:
      return {"failed", "here"};
  }
}

void SessionPump::LogAccess(const Entry& entry, const AccessEnd& end) {
  if (shared_.service.access_log == config::AccessForm::kNo) return;
  const ChannelPort::Peer peer = port_.peer();
  const bool logged = shared_.access_log.Write(shared_.service, {.client = entry.info.client,
                                                                 .local = entry.info.local,
                                                                 .peer = peer.name,
                                                                 .principal = peer.principal,
                                                                 .backend = BackendText(entry),
                                                                 .counts = entry.counts,
                                                                 .opened = entry.opened,
                                                                 .ended = Now(),
                                                                 .end = end});
  if (!logged) shared_.Count(kAccessLinesLost);
}

}  // namespace funnel::tcpd
