#include "sctp/handshake/closing.h"

namespace sctp {

void Closing::OnDrained(TimePoint now) {
  if (state_ == State::kPending)
    state_ = State::kSent;
  else if (state_ == State::kReceived)
    state_ = State::kAckSent;
  else
    return;
  due_ = now;
  sent_ = 0;
}

void Closing::OnShutdown(TimePoint now) {
  switch (state_) {
    case State::kOpen:
    case State::kPending:
      state_ = State::kReceived;
      return;
    case State::kSent:  // both at once
      state_ = State::kAckSent;
      sent_ = 0;
      due_ = now;
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
  if (state_ == State::kBelieving) return;
  state_ = State::kBelieving;
  due_ = until;
}

void Closing::OnNewData(TimePoint now) {
  if (state_ != State::kBelieving) return;
  state_ = State::kSent;
  complete_due_ = false;
  due_ = now;
  sent_ = 0;
}

bool Closing::OnShutdownAck() {
  if (state_ != State::kSent && state_ != State::kAckSent) return false;
  state_ = State::kClosed;
  due_ = TimePoint::max();
  return true;
}

bool Closing::OnShutdownComplete() {
  if (state_ != State::kAckSent) return false;
  state_ = State::kClosed;
  due_ = TimePoint::max();
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
