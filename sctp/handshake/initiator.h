// The side that begins an association: INIT, then COOKIE ECHO, each sent again until answered (RFC
// 9260 section 5.1).
#pragma once

#include <optional>

#include "sctp/handshake/capabilities.h"
#include "sctp/wire/init_chunk.h"

namespace sctp {

class Initiator {
 public:
  struct Settings {
    Duration first_timeout = std::chrono::seconds(1);
    Duration max_timeout = std::chrono::seconds(3);
    // Of INIT, and again of COOKIE ECHO; RFC 9260 section 16: Max.Init.Retransmits.
    int attempts = 8;
  };
  enum class State { kCookieWait, kCookieEchoed, kUp };

  explicit Initiator(const Settings& settings, TimePoint now)
      : settings_(settings), due_(now), timeout_(settings.first_timeout) {}

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool Due(TimePoint now) const { return due_ <= now; }
  [[nodiscard]] TimePoint NextTimer() const { return due_; }
  // No further attempt is due, only the end of waiting for the last one.
  [[nodiscard]] bool exhausted() const { return sent_ == settings_.attempts; }
  // The chunk that is due now: what INIT says is INIT, then CAPABILITIES. False, and nothing is
  // written, if exhausted().
  bool Write(BufferWriter& out, const InitChunk& init, const Capabilities& capabilities,
             TimePoint now);

  // COOKIE, of an INIT ACK in kCookieWait, is echoed next.
  void OnInitAck(ByteView cookie, TimePoint now);
  // The peer says that the cookie is too old: the handshake begins again (section 5.2.6).
  void OnStaleCookie(TimePoint now);
  void OnCookieAck();
  // The same, by a COOKIE ECHO of the peer's own (a collision).
  void OnCollision() { OnCookieAck(); }
  // Of INIT, if that was sent once; nothing else measures the path yet.
  [[nodiscard]] std::optional<Duration> rtt() const { return rtt_; }

 private:
  // DUE: when its first chunk leaves; max(): none does.
  void SetState(State next, TimePoint due);

  Settings settings_;
  State state_ = State::kCookieWait;
  int sent_ = 0;
  TimePoint due_, last_sent_{};
  Duration timeout_;
  Bytes cookie_;
  std::optional<Duration> rtt_;
};

}  // namespace sctp
