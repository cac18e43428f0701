// Limits how long the sessions of one channel may be silent, half closed (idle-timeout,
// fin-timeout), or sent to in vain (user-timeout). A session's bytes cost it only a time stamp: its
// deadline is moved when it comes.
//
// TCP_USER_TIMEOUT is not used: with it the kernel also ends a connection with a closed window,
// although its reader acknowledges every probe, which RFC 9293 section 3.8.6.1 forbids. Measured
// with Linux 6 on loopback, with the window closed and 3 s set: ETIMEDOUT after 3.25 s, 1.7 s after
// the last acknowledgement; without it the connection stood during all of the measurement (40 s).
// Such a reader is left to stuck-timeout. So we ask the kernel what it knows about
// acknowledgements, kLooks times in user-timeout, and only for connections to which something was
// written.
//
// Owned by a SessionPump. No clock and no timer of its own: call Run() at next().
#pragma once

#include <algorithm>
#include <functional>

#include "common/base/clock.h"
#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "common/config/service_config.h"

namespace funnel::tcpd {

class SessionClock {
 public:
  enum class Why { kIdle, kHalfClosed, kUnacknowledged };
  // It may destroy the session's Times.
  using OnExpired = std::function<void(SessionId, Why)>;
  // How many times in user-timeout. A dead peer's session ends after that time, or later by at most
  // one interval.
  static constexpr int kLooks = 4;

  // Those of one session, whose SOCKET outlives them; the clock outlives both.
  class Times {
   public:
    Times(SessionId id, int socket) : id_(id), socket_(socket) {}

   private:
    friend class SessionClock;
    const SessionId id_;
    const int socket_;
    TimePoint active_{};
    bool half_closed_ = false;
    TimePoint vain_since_ = TimePoint::max();  // what was sent is not acknowledged
    Deadlines<Times>::Deadline silence_{*this};
    Deadlines<Times>::Deadline answer_{*this};  // none: nothing was written that must be watched
  };

  // What the socket knows about its peer.
  struct Acknowledgements {
    bool in_vain = false;  // it has sent or probed more than once without an answer
    bool waiting = false;  // for an answer to what it has sent
  };
  using ReadAcknowledgements = Acknowledgements (*)(int socket);

  // SERVICE outlives it; if its times change, call Renew(). READ asks a socket.
  SessionClock(const config::ServiceConfig& service, OnExpired on_expired,
               ReadAcknowledgements read);

  void Begin(Times& times, TimePoint now);
  // Bytes came from the socket.
  void OnRead(Times& times, TimePoint now) { times.active_ = now; }
  // Bytes were written to it.
  void OnWritten(Times& times, TimePoint now);
  // One direction has ended; that does not count as silence yet.
  void OnHalfClosed(Times& times, TimePoint now);
  // Call it after the service's times have changed.
  void Renew(Times& times, TimePoint now);

  // max(): there is nothing to wait for.
  [[nodiscard]] TimePoint next() const { return std::min(silences_.next(), answers_.next()); }
  void Run(TimePoint now);

 private:
  // max(): it may be silent for ever.
  [[nodiscard]] TimePoint SilentUntil(const Times& times) const;
  void LookAtSilence(Times& times, TimePoint now);
  void LookAtAnswer(Times& times, TimePoint now);

  const config::ServiceConfig& service_;
  OnExpired on_expired_;
  ReadAcknowledgements read_;
  Deadlines<Times> silences_, answers_;
};

// Uses TCP_INFO. For a socket that is not TCP nothing waits.
[[nodiscard]] SessionClock::Acknowledgements AskKernel(int socket);

}  // namespace funnel::tcpd
