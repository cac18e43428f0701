#include "common/wire/channel/credit_ledger.h"

#include <algorithm>
#include <chrono>

namespace funnel::wire {
namespace {

// Two grants within four round trips: the reader is held up by the window, not by itself.
constexpr int kQuickRoundTrips = 4;
constexpr Duration kLeastQuick = std::chrono::milliseconds(200);
// A session whose peer consumed something within this time (or four round trips) has a reader.
constexpr Duration kReadsLately = std::chrono::seconds(2);

Duration QuickReader(Duration round_trip) {
  return std::max(kLeastQuick, kQuickRoundTrips * round_trip);
}

}  // namespace

CreditLedger::CreditLedger(ChannelContext& context, SessionTable& sessions,
                           const Keepalive& keepalive)
    : context_(context),
      sessions_(sessions),
      keepalive_(keepalive),
      buffer_(std::max(context.settings.channel_window_max, kInitialChannelCredit)),
      growth_left_(context.settings.channel_window_max / 2) {}

// --- receiving

Checked<> CreditLedger::Receive(Session& session, std::uint64_t cost) {
  if (!session.receive_credit.Receive(cost, context_.now) || !received_.Receive(cost, context_.now))
    return Violates("a message beyond the credit that was given");
  if (session.peer_reset && session.receive_credit.received() > session.peer_reset->final_charge)
    return Violates("a message beyond its session's final charge");
  return {};
}

void CreditLedger::Consume(Session& session, std::uint64_t cost) {
  session.receive_credit.Consume(cost);
  received_.Consume(cost);
  Note(session);
}

void CreditLedger::ConsumeAll(Session& session) {
  Consume(session, session.receive_credit.received() - session.receive_credit.consumed());
}

void CreditLedger::Note(Session& session) {
  const ReceiveCredit& credit = session.receive_credit;
  NoteHeld(session, credit.received() - credit.consumed() +
                        session.inbox.held_pieces() * SharedBuffer::kWaitingCost);
  // The peer will soon answer for a session that we have reset. Of one that only finishes it knows
  // nothing yet, and may want to send its own rest first: it needs credit for that.
  if (IsCreditDue(session) && !session.credit_due && session.phase != Session::Phase::kReset) {
    session.credit_due = true;
    credit_due_.push_back(session.id);
  }
}

void CreditLedger::NoteHeld(Session& session, std::uint64_t held) {
  buffer_.Move(std::exchange(session.held, held), held);
  received_.SetRoom(buffer_.InFlight(sessions_.size()));
  if (received_.IsDue()) channel_credit_due_ = true;
}

Checked<> CreditLedger::Settle(Session& session, std::uint64_t final_charge) {
  ReceiveCredit& credit = session.receive_credit;
  const std::uint64_t received = credit.received();
  if (!credit.Finish(final_charge) || !received_.Receive(final_charge - received, context_.now))
    return Violates("a reset session's final charge is impossible");
  ConsumeAll(session);
  return {};
}

void CreditLedger::TakeBackGrowth(Session& session) {
  growth_left_ += session.receive_credit.ShrinkWindow(kInitialSessionCredit);
}

// --- reports to the peer

// While room is short the peer sends little beyond what it knows to be consumed, so we report that
// at once.
bool CreditLedger::IsCreditDue(const Session& session) const {
  return session.receive_credit.IsDue() ||
         (buffer_.is_short() && session.receive_credit.gain() >= kReservedShare / 2);
}

// Asks the peer to use less of its credit as room becomes short, and more when there is some again.
void CreditLedger::WriteShare() {
  const bool was_short = buffer_.is_short();
  const auto share = buffer_.Report();
  if (!share) return;
  context_.control.Push(*share);
  if (was_short || !buffer_.is_short()) return;

  // For each, up to half a window may have been consumed and not reported.
  sessions_.ForEach([this](Session& session) { Note(session); });
}

void CreditLedger::WriteDue() {
  const Duration quick = QuickReader(keepalive_.round_trip());
  const ChannelSettings& settings = context_.settings;
  WriteShare();

  const std::uint64_t growth_max = buffer_.is_short() ? 0 : buffer_.free() / 4;
  for (SessionId id : credit_due_) {
    Session* session = sessions_.Find(id);
    if (!session || !session->credit_due) continue;
    session->credit_due = false;
    growth_left_ -= session->receive_credit.Grant(context_.now, quick, settings.session_window_max,
                                                  std::min(growth_left_, growth_max));
    context_.control.Push(CreditRecord{id, session->receive_credit.limit()});
  }
  credit_due_.clear();

  if (std::exchange(channel_credit_due_, false)) {
    received_.Grant(context_.now, quick, settings.channel_window_max, settings.channel_window_max);
    context_.control.Push(ChannelCreditRecord{received_.limit()});
  }
}

// --- sending

bool CreditLedger::OnCredit(Session& session, const CreditRecord& record) {
  const std::uint64_t raised = session.send_credit.Raise(record.limit);
  if (raised == 0) return false;
  session.acknowledged = std::min(session.send_credit.spent(), session.acknowledged + raised);
  session.read_at = context_.now;
  return true;
}

void CreditLedger::OnChannelCredit(const ChannelCreditRecord& record) {
  if (sent_.Raise(record.limit) > 0) waiting_ = false;
}

void CreditLedger::OnShare(const ShareRecord& record) {
  if (restraint_.OnShare(record)) share_received_ = true;
}

std::uint64_t CreditLedger::Usable(const Session& session) const {
  const std::uint64_t available = session.send_credit.available();
  const std::uint64_t under_way = session.send_credit.spent() - session.acknowledged;
  // A message goes whole or not at all.
  const Chunk* head = session.queue.head();
  if (under_way == 0 && head && head->is_message) return available;

  const bool reads =
      context_.now - session.read_at <= std::max(kReadsLately, 4 * keepalive_.round_trip());
  const std::uint64_t limit = restraint_.LimitFor(reads);
  return limit > under_way ? std::min(available, limit - under_way) : 0;
}

bool CreditLedger::Allows(std::size_t bytes) {
  if (sent_.available() >= bytes + kMessageCost) return true;
  waiting_ = true;
  return false;
}

void CreditLedger::Spend(Session& session, std::size_t bytes) {
  session.send_credit.Spend(bytes + kMessageCost);
  sent_.Spend(bytes + kMessageCost);
}

}  // namespace funnel::wire
