#include "sctp/send/sender.h"

#include <algorithm>
#include <utility>

namespace sctp {

SendStatus Sender::Push(StreamId stream, ByteView message, const SendOptions& options) {
  const SendStatus status = state_.messages.Push(stream, message, options);
  if (status == SendStatus::kSent) ++state_.counters.messages;
  return status;
}

TimePoint Sender::NextTimer(TimePoint now) {
  TimePoint next =
      std::min({losses_.deadline(), state_.skipping.deadline(), filler_.NextTime(now)});
  if (flight().outstanding.in_flight() > 0) next = std::min(next, flow().timer.deadline());
  return next;
}

void Sender::OnTimer(TimePoint now) {
  if (losses_.deadline() <= now) acks_.OnTime(now);
  if (flight().outstanding.in_flight() == 0) return;
  switch (state_.flow.timer.OnTimer(now, state_.flow.round_trip)) {
    case RetransmissionTimer::Fired::kNothing:
      return;
    case RetransmissionTimer::Fired::kProbe:
      ++state_.counters.probes;
      state_.extra.AskForProbe();
      return;
    case RetransmissionTimer::Fired::kTimeout:
      ++state_.counters.timeouts;
      losses_.OnTimeout(now);
      state_.extra.AskForRetransmission();
      state_.flow.congestion->OnTimeout();
      return;
  }
}

PathFlow Sender::Move(PathFlow flow) {
  state_.flight.LoseAll();
  acks_.OnMoved();
  losses_.OnMoved();
  state_.extra.Clear();

  // The questions about the former path get no answer.
  std::swap(state_.flow, flow);
  flow.timer.Stop();
  flow.undo = {};
  state_.flow.timer.OnProgress(TimePoint{}, /*in_flight=*/false, state_.flow.round_trip);
  state_.SetPace();
  return flow;
}

SenderCounters Sender::counters() const {
  SenderCounters counters = state_.counters;
  counters.expired_messages = queue().expired();
  return counters;
}

bool Sender::InvariantsHold() const {
  const Outstanding& chunks = flight().outstanding;
  return flight().InvariantsHold() && (chunks.in_flight() == 0 || flow().timer.running()) &&
         (!drained() || messages().OnlyHeldIsKept()) &&
         chunks.size() <= state_.settings.max_outstanding_chunks + 1;
}

}  // namespace sctp
