#include "sctp/handshake/initiator.h"

#include <algorithm>
#include <cassert>

namespace sctp {

void Initiator::SetState(State next, TimePoint due) {
  assert(state_ != State::kUp && next != state_);
  state_ = next;
  sent_ = 0;
  due_ = due;
  timeout_ = settings_.first_timeout;
}

bool Initiator::Write(BufferWriter& out, const InitChunk& init, const Capabilities& capabilities,
                      TimePoint now) {
  if (exhausted()) return false;
  if (state_ == State::kCookieWait) {
    ChunkScope chunk(out, ChunkType::kInit, 0);
    init.WriteFixed(out);
    out.Append(init.parameters);
    WriteCapabilities(out, capabilities);
    chunk.End();
  } else {
    WriteChunk(out, ChunkType::kCookieEcho, 0, cookie_);
  }

  ++sent_;
  last_sent_ = now;
  due_ = now + timeout_;
  timeout_ = std::min(2 * timeout_, settings_.max_timeout);
  return true;
}

void Initiator::OnInitAck(ByteView cookie, TimePoint now) {
  if (sent_ == 1) rtt_ = now - last_sent_;
  cookie_.assign(cookie.begin(), cookie.end());
  SetState(State::kCookieEchoed, now);
}

void Initiator::OnStaleCookie(TimePoint now) { SetState(State::kCookieWait, now); }

void Initiator::OnCookieAck() {
  SetState(State::kUp, TimePoint::max());
  cookie_ = {};
}

}  // namespace sctp
