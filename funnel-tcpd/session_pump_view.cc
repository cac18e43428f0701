// What a SessionPump is asked from outside of its sessions, and the two ends of one with a target.
#include "funnel-tcpd/session_pump.h"
#include "funnel-tcpd/socket_addresses.h"

namespace funnel::tcpd {

using wire::EndCode;

void SessionPump::ResetAll() {
  while (!entries_.empty()) OnSessionReset(entries_.begin()->first, EndCode::kTruncated);
}

void SessionPump::Visit(const std::function<void(View&&)>& visit) const {
  for (const auto& [id, entry] : entries_)
    visit({id, entry.session != nullptr, entry.facts.info, entry.facts.opened,
           report_.BackendText(entry.facts), entry.sender ? senders_.Text(*entry.sender) : ""});
}

void SessionPump::OnReload() {
  for (auto& [id, entry] : entries_)
    if (entry.times) clock_.Renew(*entry.times, Now());
  ArmClock();
}

bool SessionPump::Reset(SessionId id) {
  if (!entries_.contains(id)) return false;
  ResetBoth(id, EndCode::kReset);
  return true;
}

EndCode SessionPump::EndCodeOf(const Entry& entry, const Error& error) {
  return entry.facts.info.target ? EndCodeFor(error) : EndCode::kConnectFailed;
}

void SessionPump::OnTargetConnected(SessionId id, Entry& entry, int fd) {
  entry.facts.connected = AddressText(PeerAddress(fd));
  starts_.SayConnected(id, fd);
}

void SessionPump::RefuseClient(SessionId id, Entry& entry, EndCode code) {
  if (entry.session) starts_.Refuse(id, *entry.session, entry.facts.info, code);
}

}  // namespace funnel::tcpd
