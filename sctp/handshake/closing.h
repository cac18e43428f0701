// The orderly end: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE (RFC 9260 section 9.2).
#pragma once

#include <utility>

#include "sctp/loss/round_trip.h"
#include "sctp/wire/buffer_writer.h"

namespace sctp {

class Closing {
 public:
  enum class State {
    kOpen,
    kPending,    // we want to end; what was taken is still to be delivered
    kSent,       // SHUTDOWN is sent again until it is answered
    kReceived,   // the peer wants to end; what was taken is still to be delivered
    kAckSent,    // SHUTDOWN ACK is sent again until it is answered
    kBelieving,  // SHUTDOWN was answered; over unless the peer turns out to have more to send
    kClosed,
  };

  [[nodiscard]] State state() const { return state_; }
  // New messages are taken.
  [[nodiscard]] bool open() const { return state_ == State::kOpen; }
  // The peer may still send messages.
  [[nodiscard]] bool receiving() const {
    return state_ == State::kOpen || state_ == State::kPending || state_ == State::kSent ||
           state_ == State::kBelieving;
  }

  void Shutdown() {
    if (state_ == State::kOpen) SetState(State::kPending, TimePoint::max());
  }
  // Call whenever that may have changed: all that was taken has been acknowledged.
  void OnDrained(TimePoint now);
  // Data came although we have sent SHUTDOWN: it is sent again, with what was received.
  void OnData(TimePoint now) {
    if (state_ == State::kSent) due_ = now;
  }
  void OnShutdown(TimePoint now);
  // True: SHUTDOWN COMPLETE is the answer, and all is over.
  [[nodiscard]] bool OnShutdownAck();
  // The same where anybody may have said so: SHUTDOWN COMPLETE leaves, and at UNTIL all is over
  // unless new data came. A peer that means it has nothing left to send.
  void Believe(TimePoint until);
  void OnNewData(TimePoint now);
  [[nodiscard]] bool Believed(TimePoint now) const {
    return state_ == State::kBelieving && due_ <= now;
  }
  // SHUTDOWN COMPLETE is to leave, alone in its packet (section 6.10).
  [[nodiscard]] bool TakeComplete() { return std::exchange(complete_due_, false); }
  // True: all is over.
  [[nodiscard]] bool OnShutdownComplete();

  [[nodiscard]] bool Due(TimePoint now) const { return state_ != State::kBelieving && due_ <= now; }
  [[nodiscard]] TimePoint NextTimer() const { return due_; }
  // The chunk that is due, which says what was received up to CUMULATIVE.
  void Write(BufferWriter& out, Tsn cumulative, TimePoint now, const RoundTrip& round_trip);

 private:
  // DUE: when something is to be done in it; max(): nothing is.
  void SetState(State next, TimePoint due);
  [[nodiscard]] static bool MayFollow(State next, State former);

  State state_ = State::kOpen;
  TimePoint due_ = TimePoint::max();
  int sent_ = 0;
  bool complete_due_ = false;
};

}  // namespace sctp
