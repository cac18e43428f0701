// Messages: credit, order, delivery.
#include "common/wire/channel_impl.h"

namespace funnel::wire {
namespace {

// Two grants within four round trips: the reader is held up by the window, not by itself.
constexpr int kQuickRoundTrips = 4;
constexpr Duration kLeastQuick = std::chrono::milliseconds(200);

Duration QuickReader(Duration round_trip) {
  return std::max(kLeastQuick, kQuickRoundTrips * round_trip);
}

}  // namespace

void Channel::Impl::Handle(const MessageRecord& record) {
  Session* session = FindNamed(record.session);
  if (!session) return;
  if (!ChargeMessage(*session, record)) return;
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
  NoteCredit(*session);
}

bool Channel::Impl::ChargeMessage(Session& session, const MessageRecord& record) {
  const std::uint64_t cost = record.bytes.size() + kMessageCost;
  if (!session.receive_credit.Receive(cost) || !receive_credit_.Receive(cost)) {
    Violated("a message beyond the credit that was given");
    return false;
  }
  if (session.peer_reset && session.receive_credit.received() > session.peer_reset->final_charge) {
    Violated("a message beyond its session's final charge");
    return false;
  }
  return true;
}

// We reset the session before this came: it only counts.
void Channel::Impl::DiscardMessage(Session& session, const MessageRecord& record) {
  if (session.inbox.Admit(record) == Inbox::Verdict::kViolation) ++context_.stats.violations;
  ConsumeCredit(session, record.bytes.size() + kMessageCost);
  if (session.phase == Session::Phase::kReset && session.inbox.complete()) Forget(session);
}

void Channel::Impl::DeliverMessage(Session& session, const MessageRecord& record) {
  const std::size_t taken = Offer(session, record.bytes);
  if (session.phase != Session::Phase::kOpen) return;  // the callback ended it
  if (taken < record.bytes.size()) {
    undelivered_bytes_ += record.bytes.size() - taken;
    session.inbox.Hold(record, taken);
    return NoteCredit(session);
  }
  ConsumeCredit(session, session.inbox.Done(record));
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
    ConsumeCredit(session, session.inbox.NextDone());
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

// COST will never be undelivered again: the peer may send as much more.
void Channel::Impl::ConsumeCredit(Session& session, std::uint64_t cost) {
  session.receive_credit.Consume(cost);
  receive_credit_.Consume(cost);
  NoteCredit(session);
}

// Called whenever either account moved.
void Channel::Impl::NoteCredit(Session& session) {
  const ReceiveCredit& credit = session.receive_credit;
  NoteHeld(session, credit.received() - credit.consumed() +
                        session.inbox.held_pieces() * SharedBuffer::kWaitingCost);
  if (IsCreditDue(session) && !session.credit_due && !session.IsDiscarding()) {
    session.credit_due = true;
    credit_due_.push_back(session.id);
  }
}

void Channel::Impl::NoteHeld(Session& session, std::uint64_t held) {
  buffer_.Move(std::exchange(session.held, held), held);
  receive_credit_.SetRoom(buffer_.InFlight(sessions_.size()));
  if (receive_credit_.IsDue()) channel_credit_due_ = true;
}

// While room is short the peer sends little beyond what it knows to be consumed: so it is told.
bool Channel::Impl::IsCreditDue(const Session& session) const {
  return session.receive_credit.IsDue() ||
         (buffer_.is_short() && session.receive_credit.gain() >= kReservedShare / 2);
}

// Asks the peer to use less of its credit as room becomes short, and more when there is some again.
void Channel::Impl::TellShare() {
  const bool was_short = buffer_.is_short();
  const auto share = buffer_.Tell();
  if (!share) return;
  context_.control.Push(*share);
  if (was_short || !buffer_.is_short()) return;
  // Up to half a window each was consumed and not told.
  sessions_.ForEach([this](Session& session) { NoteCredit(session); });
}

bool Channel::Impl::HasControlDue() const {
  return !credit_due_.empty() || channel_credit_due_ || sessions_.IsLimitDue() ||
         keepalive_.HasPongsDue();
}

// Writes CREDIT, CHANNEL_CREDIT, SESSIONS and PONG as they stand now.
void Channel::Impl::CollectControl() {
  const Duration quick = QuickReader(keepalive_.round_trip());
  TellShare();
  const std::uint64_t growth_max = buffer_.is_short() ? 0 : buffer_.free() / 4;
  for (SessionId id : credit_due_) {
    Session* session = sessions_.Find(id);
    if (!session || !session->credit_due) continue;
    session->credit_due = false;
    window_growth_left_ -=
        session->receive_credit.Grant(context_.now, quick, context_.settings.session_window_max,
                                      std::min(window_growth_left_, growth_max));
    context_.control.Push(CreditRecord{id, session->receive_credit.limit()});
  }
  credit_due_.clear();
  if (std::exchange(channel_credit_due_, false)) {
    receive_credit_.Grant(context_.now, quick, context_.settings.channel_window_max,
                          context_.settings.channel_window_max);
    context_.control.Push(ChannelCreditRecord{receive_credit_.limit()});
  }
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
