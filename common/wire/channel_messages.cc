// Messages: credit, order, delivery.
#include "common/wire/channel_impl.h"

namespace funnel::wire {
void Channel::Impl::Handle(const MessageRecord& record) {
  Session* session = FindNamed(record.session);
  if (!session) return;
  const auto charged = ledger_.Receive(*session, record.bytes.size() + kMessageCost);
  if (!charged) return Violated(charged.error().text);
  if (session->IsDiscarding()) return DiscardMessage(*session, record);
  switch (session->inbox.Admit(record)) {
    case Inbox::Verdict::kViolation:
      return ViolateSession(*session);
    case Inbox::Verdict::kDeliver:
      if (session->phase == Session::Phase::kOpen && !session->output_blocked)
        return DeliverMessage(*session, record);
      break;
    case Inbox::Verdict::kWait:
      break;
  }
  undelivered_bytes_ += record.bytes.size();
  session->inbox.Hold(record, 0);
  ledger_.Note(*session);
}

// We reset the session before this came: it only counts.
void Channel::Impl::DiscardMessage(Session& session, const MessageRecord& record) {
  if (session.inbox.Admit(record) == Inbox::Verdict::kViolation) ++context_.stats.violations;
  ledger_.Consume(session, record.bytes.size() + kMessageCost);
  if (session.phase == Session::Phase::kReset && session.inbox.complete()) Forget(session);
}

void Channel::Impl::DeliverMessage(Session& session, const MessageRecord& record) {
  const std::size_t taken = Offer(session, record.bytes);
  if (session.phase != Session::Phase::kOpen) return;  // the callback ended it
  if (taken < record.bytes.size()) {
    undelivered_bytes_ += record.bytes.size() - taken;
    session.inbox.Hold(record, taken);
    return ledger_.Note(session);
  }
  ledger_.Consume(session, session.inbox.Done(record));
  if (record.fin) return AfterFin(session);
  if (!session.inbox.idle()) return Pump(session);
  EndIfOver(session);
}

// Offers BYTES to the owner; remembers when it does not take all.
std::size_t Channel::Impl::Offer(Session& session, ByteView bytes) {
  if (bytes.empty()) return 0;
  // Before the call: it may Resume(), in vain, from within.
  session.output_blocked = false;
  const std::size_t taken = std::min(context_.observer.OnMessage(session.id, bytes), bytes.size());
  context_.stats.bytes_received += taken;
  session.bytes_received += taken;
  session.active = context_.now;
  if (taken > 0) session.stuck_since = {};
  if (taken < bytes.size()) {
    session.output_blocked = true;
    WatchForStuck(PatienceWith(session));
  }
  return taken;
}

// Delivers what is held and has its turn.
void Channel::Impl::Pump(Session& session) {
  while (session.phase == Session::Phase::kOpen && !session.output_blocked) {
    Inbox::Held* next = session.inbox.Next();
    if (!next) return EndIfOver(session);
    const std::size_t taken = Offer(session, next->rest());
    if (session.phase != Session::Phase::kOpen) return;
    undelivered_bytes_ -= taken;
    session.inbox.Took(*next, taken);
    if (!next->rest().empty()) return;
    const bool fin = next->fin;
    ledger_.Consume(session, session.inbox.NextDone());
    if (fin) return AfterFin(session);
  }
}

void Channel::Impl::Resume(SessionId id) {
  SessionTable::Hold hold(sessions_);
  Session* session = sessions_.FindOpen(id);
  if (!session || !session->output_blocked) return;
  session->output_blocked = false;
  Pump(*session);
  CheckFarewell();
}

bool Channel::Impl::HasControlDue() const {
  return ledger_.HasDue() || sessions_.IsLimitDue() || keepalive_.HasPongsDue();
}

// Writes CREDIT, CHANNEL_CREDIT, SESSIONS and PONG as they stand now.
void Channel::Impl::CollectControl() {
  ledger_.WriteDue();
  if (sessions_.IsLimitDue()) context_.control.Push(sessions_.TellLimit());
  keepalive_.WritePongs(context_.control);
}

void Channel::Impl::AfterFin(Session& session) {
  context_.observer.OnFin(session.id);
  EndIfOver(session);
}

// Both directions have ended, or all that the peer had sent before its RESET was delivered.
void Channel::Impl::EndIfOver(Session& session) {
  if (session.phase != Session::Phase::kOpen) return;
  if (session.fin_sent && session.inbox.finished()) return Forget(session);
  if (!session.peer_reset || session.receive_credit.consumed() < session.peer_reset->final_charge)
    return;
  const SessionId id = session.id;
  const EndCode code = session.peer_reset->code;
  const bool announced = session.IsOwners();
  ++context_.stats.sessions_reset;
  Forget(session);
  if (announced) context_.observer.OnSessionReset(id, code);
}

}  // namespace funnel::wire
