#include "sctp/handshake/closing.h"

#include <cassert>

#include "sctp/wire/control_chunks.h"

namespace sctp {

// RFC 9260 section 4, figure 4, from ESTABLISHED on; and back again where the peer was only
// believed.
bool Closing::MayFollow(State next, State former) {
  switch (next) {
    case State::kOpen:
      return false;
    case State::kPending:
      return former == State::kOpen;
    case State::kSent:
      return former == State::kPending || former == State::kBelieving;
    case State::kReceived:
      return former == State::kOpen || former == State::kPending;
    case State::kAckSent:
      return former == State::kReceived || former == State::kSent;
    case State::kBelieving:
      return former == State::kSent;
    case State::kClosed:
      return former == State::kSent || former == State::kAckSent;
  }
  return false;
}

void Closing::SetState(State next, TimePoint due) {
  assert(MayFollow(next, state_));
  state_ = next;
  due_ = due;
  sent_ = 0;
}

void Closing::OnDrained(TimePoint now) {
  if (state_ == State::kPending)
    SetState(State::kSent, now);
  else if (state_ == State::kReceived)
    SetState(State::kAckSent, now);
}

void Closing::OnShutdown(TimePoint now) {
  switch (state_) {
    case State::kOpen:
    case State::kPending:
      SetState(State::kReceived, TimePoint::max());
      return;
    case State::kSent:  // both at once
      SetState(State::kAckSent, now);
      return;
    case State::kAckSent:  // our answer was lost
      due_ = now;
      return;
    case State::kReceived:
    case State::kBelieving:
    case State::kClosed:
      return;
  }
}

void Closing::Believe(TimePoint until) {
  if (state_ != State::kSent && state_ != State::kBelieving) return;
  complete_due_ = true;  // once more: the last one was lost
  if (state_ == State::kSent) SetState(State::kBelieving, until);
}

void Closing::OnNewData(TimePoint now) {
  if (state_ != State::kBelieving) return;
  SetState(State::kSent, now);
  complete_due_ = false;
}

bool Closing::OnShutdownAck() {
  if (state_ != State::kSent && state_ != State::kAckSent) return false;
  SetState(State::kClosed, TimePoint::max());
  return true;
}

bool Closing::OnShutdownComplete() {
  if (state_ != State::kAckSent) return false;
  SetState(State::kClosed, TimePoint::max());
  return true;
}

void Closing::Write(BufferWriter& out, Tsn cumulative, TimePoint now, const RoundTrip& round_trip) {
  if (state_ == State::kSent)
    WriteShutdown(out, cumulative);
  else
    WriteChunk(out, ChunkType::kShutdownAck, 0, {});
  due_ = now + round_trip.Rto(sent_++);
}

}  // namespace sctp
