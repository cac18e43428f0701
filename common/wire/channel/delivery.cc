#include "common/wire/channel/delivery.h"

#include <algorithm>

#include "common/wire/frame/stream_piece.h"

namespace funnel::wire {

// --- datagrams

void Delivery::Open(Session& session, const SessionInfo& info) {
  session.SetPhase(Session::Phase::kOpen);
  ++parts_.context.stats.sessions_opened;
  parts_.context.observer.OnSessionOpened(session.id, info);

  for (const Bytes& datagram : parts_.receive.TakeEarly(session)) {
    if (session.phase != Session::Phase::kOpen) return;
    parts_.context.stats.bytes_received += datagram.size();
    session.bytes_received += datagram.size();
    parts_.context.observer.OnDatagram(session.id, datagram);
  }
  Pump(session);
}

void Delivery::OnDatagram(Session* session, ByteView datagram, std::uint8_t dscp) {
  ChannelStats& stats = parts_.context.stats;
  // An answer: the far side knows the session.
  if (session) session->opening.reset();
  if (!session || session->IsDiscarding()) {
    ++stats.late_datagrams;
    return;
  }

  if (session->phase != Session::Phase::kOpen) {
    if (!parts_.receive.HoldEarly(*session, datagram)) ++stats.datagrams_dropped;
    return;
  }
  stats.bytes_received += datagram.size();
  session->bytes_received += datagram.size();
  session->active = parts_.context.now;
  if (dscp != 0) return parts_.context.observer.OnMarkedDatagram(session->id, datagram, dscp);
  parts_.context.observer.OnDatagram(session->id, datagram);
}

// --- messages

Checked<> Delivery::OnMessage(Session& session, const MessageRecord& record) {
  TRY(parts_.ledger.Receive(session, record.bytes.size() + kMessageCost));
  if (session.IsDiscarding()) {
    parts_.ends.OnDiscarded(session, record);
    return {};
  }

  if (parts_.context.settings.features.Has(Feature::kAssociations) && !IsPiece(record))
    return parts_.ends.OnViolation(session);

  switch (session.inbox.Admit(record)) {
    case Inbox::Verdict::kViolation:
      return parts_.ends.OnViolation(session);
    case Inbox::Verdict::kDeliver:
      if (session.phase == Session::Phase::kOpen && !session.output_blocked) {
        Deliver(session, record);
        return {};
      }
      break;
    case Inbox::Verdict::kWait:
      parts_.receive.Hold(session, record, 0);
      parts_.ledger.Note(session);
      // It may have been what was missing of a unit.
      Pump(session);
      return {};
  }

  parts_.receive.Hold(session, record, 0);
  parts_.ledger.Note(session);
  return {};
}

void Delivery::Deliver(Session& session, const MessageRecord& record) {
  const std::size_t taken = Offer(session, record.bytes);
  if (session.phase != Session::Phase::kOpen) return;  // the callback ended it
  if (taken < record.bytes.size()) {
    parts_.receive.Hold(session, record, taken);
    return parts_.ledger.Note(session);
  }

  Delivered(session, session.inbox.Done(record));
  if (record.fin) return AfterFin(session);
  if (!session.inbox.idle()) return Pump(session);
  parts_.ends.EndIfOver(session);
}

void Delivery::Delivered(Session& session, std::uint64_t cost) {
  // Every message costs something: an earlier one is still undelivered.
  if (cost == 0) ++parts_.context.stats.messages_overtook;
  parts_.ledger.Consume(session, cost);
}

std::size_t Delivery::Offer(Session& session, ByteView bytes) {
  if (bytes.empty()) return 0;
  // Before the call: it may Resume(), in vain, from within.
  session.output_blocked = false;
  const std::size_t taken =
      std::min(parts_.context.observer.OnMessage(session.id, bytes), bytes.size());
  parts_.context.stats.bytes_received += taken;
  session.bytes_received += taken;
  session.active = parts_.context.now;
  if (taken > 0) session.stuck_since = {};

  if (taken < bytes.size()) {
    session.output_blocked = true;
    parts_.stuck.Watch(session, parts_.context.now);
  }
  return taken;
}

void Delivery::Pump(Session& session) {
  while (session.phase == Session::Phase::kOpen && !session.output_blocked) {
    Inbox::Held* next = session.inbox.Next();
    if (!next) return parts_.ends.EndIfOver(session);
    const std::size_t taken = Offer(session, next->rest());
    if (session.phase != Session::Phase::kOpen) return;
    parts_.receive.Took(session, *next, taken);
    if (!next->rest().empty()) return;

    const bool fin = next->fin;
    Delivered(session, session.inbox.NextDone());
    if (fin) return AfterFin(session);
  }
}

void Delivery::Resume(Session& session) {
  if (!session.output_blocked) return;
  session.output_blocked = false;
  Pump(session);
}

void Delivery::AfterFin(Session& session) {
  parts_.context.observer.OnFin(session.id);
  parts_.ends.EndIfOver(session);
}

}  // namespace funnel::wire
