#include "common/wire/channel/session_ends.h"

#include <algorithm>
#include <vector>

namespace funnel::wire {
namespace {

// Whether all that the peer ever sends in SESSION has come.
bool HasAll(const Session& session) {
  return session.peer_reset ? session.receive_credit.received() == session.peer_reset->final_charge
                            : session.fin_sent && session.inbox.complete();
}

// The owner takes kTimeout for its own reader that was stuck. Of the far side's, builds before
// kStuck said so, too.
EndCode SeenFromHere(EndCode code) { return code == EndCode::kTimeout ? EndCode::kStuck : code; }

}  // namespace

void SessionEnds::Release(Session& session) {
  parts_.send.Drop(session);
  parts_.receive.DropAll(session);
  parts_.ledger.TakeBackGrowth(session);
  parts_.send.ConsiderFullWriters();
}

void SessionEnds::Forget(Session& session) {
  Release(session);
  parts_.sessions.Remove(session);
  parts_.ledger.Forget(session);
}

// --- by the peer

Checked<> SessionEnds::OnReset(Session& session, const ResetRecord& record) {
  if (session.peer_reset) return {};
  const ReceiveCredit& credit = session.receive_credit;
  if (record.final_charge < credit.received() || record.final_charge > credit.limit())
    return Violates("a reset session's final charge is impossible");

  const bool awaited =
      session.phase == Session::Phase::kOpen || session.phase == Session::Phase::kExpected;
  if (awaited && record.code == EndCode::kBroken && record.final_charge > credit.consumed()) {
    Defer(session, record);
    return {};
  }

  TRY(parts_.ledger.Settle(session, record.final_charge));
  const bool announced = session.IsOwners();
  // Our own RESET, if it was us who began, is on its way already.
  if (session.phase != Session::Phase::kReset)
    parts_.context.control.Push(
        ResetRecord{record.session, record.code, session.send_credit.spent()});
  Forget(session);
  if (!announced) return {};
  ++parts_.context.stats.sessions_reset;
  parts_.context.observer.OnSessionReset(record.session, SeenFromHere(record.code));
  return {};
}

// The connection was reset: as with a kernel's TCP, what came before can still be read.
void SessionEnds::Defer(Session& session, const ResetRecord& record) {
  session.peer_reset = {record.code, record.final_charge};
  parts_.context.control.Push(
      ResetRecord{record.session, record.code, session.send_credit.spent()});
  parts_.send.Drop(session);
  session.stuck_since = {};
  parts_.stuck.LookWithin(parts_.context.settings.closed_wait, parts_.context.now);
}

void SessionEnds::OnEndSession(Session& session) {
  const bool announced = session.IsOwners();
  Forget(session);
  if (announced) parts_.context.observer.OnSessionReset(session.id, EndCode::kNone);
}

void SessionEnds::OnDiscarded(Session& session, const MessageRecord& record) {
  if (session.inbox.Admit(record) == Inbox::Verdict::kViolation) ++parts_.context.stats.violations;
  parts_.ledger.Consume(session, record.bytes.size() + kMessageCost);
  if (session.phase == Session::Phase::kReset && session.inbox.complete()) Forget(session);
}

Checked<> SessionEnds::OnViolation(Session& session) {
  ++parts_.context.stats.violations;
  const bool announced = session.IsOwners();
  TRY(Reset(session, EndCode::kProtocol));
  if (announced) parts_.context.observer.OnSessionReset(session.id, EndCode::kProtocol);
  return {};
}

// --- by us

Checked<> SessionEnds::Reset(Session& session, EndCode code) {
  if (!session.peer_reset) {
    Abandon(session, code);
    return {};
  }

  // The peer has our answer already, and sends nothing more.
  TRY(parts_.ledger.Settle(session, session.peer_reset->final_charge));
  ++parts_.context.stats.sessions_reset;
  Forget(session);
  return {};
}

void SessionEnds::Abandon(Session& session, EndCode code) {
  parts_.context.control.Push(ResetRecord{session.id, code, session.send_credit.spent()});
  ++parts_.context.stats.sessions_reset;
  Release(session);
  session.SetPhase(Session::Phase::kReset);
  parts_.ledger.ConsumeAll(session);
  if (session.inbox.complete()) Forget(session);
}

Checked<> SessionEnds::FinishAndReset(Session& session) {
  if (session.queue.empty() || session.peer_reset) return Reset(session, EndCode::kBroken);

  session.SetPhase(Session::Phase::kFinishing);
  session.fin_queued = session.fin_sent;  // what goes before a reset is no whole
  parts_.receive.DropMessages(session);
  parts_.ledger.ConsumeAll(session);
  parts_.stuck.Watch(session, parts_.context.now);
  return {};
}

Checked<> SessionEnds::EndFlow(Session& session) {
  // Only flows of datagrams end without an account of their charges.
  if (session.send_credit.spent() > 0 || session.receive_credit.received() > 0 ||
      session.HasOutput())
    return Reset(session, EndCode::kNone);

  parts_.context.control.Push(EndSessionRecord{session.id});
  Forget(session);
  return {};
}

// --- because nothing more is to come or go

void SessionEnds::EndIfOver(Session& session) {
  if (session.phase != Session::Phase::kOpen) return;
  // Both directions have ended.
  if (session.fin_sent && session.inbox.finished()) return Forget(session);
  if (!session.peer_reset || session.receive_credit.consumed() < session.peer_reset->final_charge)
    return;

  // All that the peer had sent before its RESET was delivered.
  const EndCode code = session.peer_reset->code;
  const bool announced = session.IsOwners();
  ++parts_.context.stats.sessions_reset;
  Forget(session);
  if (announced) parts_.context.observer.OnSessionReset(session.id, code);
}

void SessionEnds::AfterSending(Session& session, bool fin) {
  if (fin) EndIfOver(session);
  if (session.phase == Session::Phase::kFinishing && session.queue.empty())
    Abandon(session, EndCode::kBroken);
}

Checked<> SessionEnds::ResetStuck() {
  for (Session* session : parts_.stuck.Check(parts_.sessions, parts_.context.now)) {
    if (session->phase == Session::Phase::kGone) continue;  // by a callback
    const bool announced = session->IsOwners();
    ++parts_.context.stats.sessions_stuck;
    TRY(Reset(*session, EndCode::kStuck));
    if (announced) parts_.context.observer.OnSessionReset(session->id, EndCode::kTimeout);
  }
  return {};
}

// --- with the channel

void SessionEnds::EndAll(EndCode code) { End(code, /*keep_complete=*/false); }

void SessionEnds::EndIncomplete(EndCode code) { End(code, /*keep_complete=*/true); }

void SessionEnds::End(EndCode code, bool keep_complete) {
  std::vector<Session*> ending;
  parts_.sessions.ForEach([&](Session& session) {
    const bool drains = session.phase == Session::Phase::kOpen && HasAll(session);
    if (!keep_complete || !drains) ending.push_back(&session);
  });

  std::vector<SessionId> announced;
  for (Session* session : ending) {
    if (session->IsOwners()) announced.push_back(session->id);
    Forget(*session);
  }
  std::sort(announced.begin(), announced.end());
  parts_.context.stats.sessions_reset += announced.size();
  for (SessionId id : announced) parts_.context.observer.OnSessionReset(id, code);
}

}  // namespace funnel::wire
