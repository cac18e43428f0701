#include "sctp/handshake/end_question.h"

#include <algorithm>
#include <utility>

namespace sctp {

void EndQuestion::Ask(About about, std::string_view text, Duration pto, TimePoint now) {
  if (asked()) return;
  about_ = about;
  text_ = text;
  pto_ = pto;
  sent_ = 0;
  next_ = now;
}

void EndQuestion::Write(BufferWriter& out, TimePoint now, RandomSource& random) {
  random.Fill(nonces_[sent_]);
  WriteHeartbeat(out, nonces_[sent_]);
  ++sent_;
  next_ = now + pto_;
}

bool EndQuestion::OnAnswer(ByteView info) {
  if (!asked()) return false;
  const auto same = [info](const auto& nonce) {
    return std::equal(info.begin(), info.end(), nonce.begin(), nonce.end());
  };
  const auto end = nonces_.begin() + static_cast<std::ptrdiff_t>(sent_);
  if (std::none_of(nonces_.begin(), end, same)) return false;
  Refute();
  return true;
}

void EndQuestion::Refute() {
  about_.reset();
  ++refuted_;
  heartbeats_ = std::min(heartbeats_ + 1, kMost);
}

std::optional<EndQuestion::About> EndQuestion::TakeProven(TimePoint now) {
  if (!asked() || sent_ < heartbeats_ || now < next_) return std::nullopt;
  return std::exchange(about_, std::nullopt);
}

}  // namespace sctp
