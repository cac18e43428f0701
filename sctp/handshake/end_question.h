// Asks whether the peer has really ended, or restarted: anybody who knows a tag can say so, but
// only a peer that is gone leaves HEARTBEATs unanswered. Time decides, never a repeated claim. If
// the claim is a SHUTDOWN, the owner writes a SHUTDOWN ACK before each HEARTBEAT: a peer that meant
// it is gone then.
//
// HEARTBEATs with fresh nonces leave at 0, 1 and 2 PTO. An answer to any of them refutes the claim;
// no answer until one PTO after the last proves it. Each refuted question makes the next one
// HEARTBEAT longer.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "sctp/base/random_source.h"
#include "sctp/wire/control_chunks.h"

namespace sctp {

class EndQuestion {
 public:
  enum class About { kAbort, kRestart, kShutdown };

  // What was claimed, and in which words. No effect while another claim is asked about.
  void Ask(About about, std::string_view text, Duration pto, TimePoint now);
  [[nodiscard]] bool asked() const { return about_.has_value(); }
  [[nodiscard]] bool asked(About about) const { return about_ == about; }
  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] bool Due(TimePoint now) const {
    return asked() && sent_ < heartbeats_ && next_ <= now;
  }
  void Write(BufferWriter& out, TimePoint now, RandomSource& random);
  // What Write wrote last, to be sent by other paths as well.
  [[nodiscard]] ByteView newest() const { return nonces_[sent_ - 1]; }
  // INFO of a HEARTBEAT ACK. True: it answers one of these, and the claim was false.
  [[nodiscard]] bool OnAnswer(ByteView info);
  // Something else has shown that the claim was false.
  void Refute();
  // What has been proven by now; it is asked no more.
  [[nodiscard]] std::optional<About> TakeProven(TimePoint now);
  [[nodiscard]] TimePoint NextTimer() const { return asked() ? next_ : TimePoint::max(); }
  [[nodiscard]] std::uint64_t refuted() const { return refuted_; }

  static constexpr std::size_t kNonceSize = 16;
  static constexpr std::size_t kChunkSize = kHeartbeatOverhead + kNonceSize;
  static constexpr std::size_t kFewest = 3, kMost = 8;

 private:
  std::optional<About> about_;
  std::string text_;
  Duration pto_{};
  std::array<std::array<std::uint8_t, kNonceSize>, kMost> nonces_{};
  std::size_t sent_ = 0;
  std::size_t heartbeats_ = kFewest;  // of one question
  TimePoint next_{};
  std::uint64_t refuted_ = 0;
};

}  // namespace sctp
