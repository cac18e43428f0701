// Association: how it ends, and what is done about who says so.
#include <algorithm>

#include "sctp/association/association.h"

namespace sctp {

void Association::Shutdown(TimePoint now) {
  if (!up()) {
    Abort("");
    return;
  }
  // What was held is delivered as well. A question that is being asked goes on.
  ForgetClaim();
  closing_.Shutdown();
  if (sender_->drained()) closing_.OnDrained(now);
}

void Association::Abort(std::string_view reason) {
  if (down_) return;
  answers_.clear();
  SayAbort(reason);
}

// Answers that are to leave have nothing but that COOKIE ACK (RFC 9260 section 3: control chunks
// go before the ABORT).
void Association::RefuseUp(std::string_view reason) {
  if (down_) return;
  const bool tells_up =
      !answers_.empty() && answers_.front() == static_cast<std::uint8_t>(ChunkType::kCookieAck);
  answers_.resize(tells_up ? kChunkHeaderSize : 0);
  SayAbort(reason);
}

void Association::SayAbort(std::string_view reason) {
  down_ = true;
  if (identity_.peer_tag == VerificationTag(0)) return;  // nobody is there yet who could be told
  std::uint8_t cause[kTlvHeaderSize + 64 + 4];
  BufferWriter out(cause);
  WriteCause(out, CauseCode::kUserAbort, funnel::AsBytes(reason.substr(0, 64)));
  Answer(ChunkType::kAbort, 0, out.written());
}

void Association::GoDown(DownReason reason, std::string_view text) {
  if (down_) return;
  down_ = true;
  around_.events.OnDown(reason, text);
}

// The peer did what it must not: it is told why.
void Association::Refuse(CauseCode cause, std::string_view text, DownReason reason,
                         ByteView value) {
  if (down_) return;
  answers_.clear();
  std::uint8_t raw[kTlvHeaderSize + 64 + 4];
  BufferWriter out(raw);
  if (cause == CauseCode::kProtocolViolation) value = funnel::AsBytes(text);
  WriteCause(out, cause, value.first(std::min<std::size_t>(value.size(), 64)));
  Answer(ChunkType::kAbort, 0, out.written());
  GoDown(reason, text);
}

Duration Association::ProbeTimeout() const {
  const RoundTrip& round_trip = sender_->round_trip();
  if (round_trip.known()) return sender_->flow().timer.ProbeTimeout(round_trip);
  // Nothing was measured yet; all that is known is how long the peer's cookie took.
  if (cookie_trip_ == Duration::zero()) return round_trip.Rto();
  return std::min(2 * cookie_trip_ + settings_.peer_ack_delay, round_trip.Rto());
}

void Association::Ask(EndQuestion::About about, std::string_view text, TimePoint now) {
  question_.Ask(about, text, ProbeTimeout(), now);
}

bool Association::OnRestart(TimePoint now) {
  if (!settings_.ends_are_questions || !up()) return true;
  Ask(EndQuestion::About::kRestart, "the peer restarted", now);
  return false;
}

void Association::OnAbort(const ChunkView& chunk, TimePoint now) {
  TlvReader causes(chunk.body);
  const auto cause = causes.Next();
  const bool has_text = cause && cause->code == static_cast<std::uint16_t>(CauseCode::kUserAbort);
  const std::string_view text = has_text ? funnel::AsText(cause->value) : "";
  if (!settings_.ends_are_questions || !up()) {
    GoDown(DownReason::kAborted, text);
    return;
  }
  // Who has closed answers so to what comes later (section 8.4).
  if (question_.asked(EndQuestion::About::kShutdown))
    claim_.OnGone();
  else
    Ask(EndQuestion::About::kAbort, text, now);
}

void Association::OnShutdown(const ChunkView& chunk, TimePoint now) {
  const auto cumulative = ParseShutdown(chunk);
  if (!cumulative) {
    ++counters_.malformed_chunks;
    return;
  }
  if (sender_->OnCumulative(*cumulative, now) == Sender::SackOutcome::kInvalid) return;
  if (!settings_.ends_are_questions) {
    closing_.OnShutdown(now);
    return;
  }

  switch (closing_.state()) {
    case Closing::State::kOpen:
      if (question_.asked(EndQuestion::About::kShutdown)) return;
      claim_.OnShutdown(ProbeTimeout(), now);
      if (claim_.MayHold(now)) sender_->Hold();
      return;  // AfterInput asks when all was delivered
    case Closing::State::kSent:
    case Closing::State::kBelieving:
      // Both at once. A peer that means it has its answer; one that does not still gets our own
      // SHUTDOWN, which a step to SHUTDOWN-ACK-SENT would stop.
      Answer(ChunkType::kShutdownAck, 0, {});
      return;
    case Closing::State::kPending:  // our own SHUTDOWN will be the answer
    case Closing::State::kReceived:
    case Closing::State::kAckSent:
    case Closing::State::kClosed:
      return;
  }
}

void Association::OnShutdownAck(TimePoint now) {
  if (settings_.ends_are_questions) {
    closing_.Believe(now + static_cast<int>(EndQuestion::kFewest) * ProbeTimeout());
    return;
  }
  if (!closing_.OnShutdownAck()) return;
  answers_.clear();
  Answer(ChunkType::kShutdownComplete, 0, {});
  GoDown(DownReason::kShutdown, "");
}

void Association::OnShutdownComplete() {
  if (closing_.OnShutdownComplete())
    GoDown(DownReason::kShutdown, "");
  else if (question_.asked(EndQuestion::About::kShutdown))
    claim_.OnGone();
}

void Association::SettleClaim(TimePoint now) {
  if (!claim_.standing()) return;
  if (sender_->drained() && !question_.asked()) {
    claim_.OnAsked();
    Ask(EndQuestion::About::kShutdown, "", now);
  } else if (claim_.Lapsed(now)) {
    ++counters_.shutdowns_forgotten;
    ForgetClaim();
  }
}

void Association::ForgetClaim() {
  claim_.Forget();
  sender_->Release();
}

bool Association::OnAnswer(ByteView info, TimePoint now) {
  const bool shutdown = question_.asked(EndQuestion::About::kShutdown);
  if (!question_.OnAnswer(info)) return false;
  if (shutdown) {
    claim_.OnRefuted(now);
    sender_->Release();
  }
  return true;
}

// Who has sent SHUTDOWN or SHUTDOWN ACK has nothing left to send.
void Association::OnNewData(TimePoint now) {
  if (down_) return;
  closing_.OnNewData(now);
  if (question_.asked(EndQuestion::About::kShutdown))
    question_.Refute();
  else if (claim_.standing())
    ++counters_.shutdowns_forgotten;
  else
    return;
  claim_.OnRefuted(now);
  sender_->Release();
}

void Association::SettleEnds(TimePoint now) {
  if (closing_.Believed(now)) {
    GoDown(DownReason::kShutdown, "");
    return;
  }
  const auto proven = question_.TakeProven(now);
  if (!proven) return;
  switch (*proven) {
    case EndQuestion::About::kAbort:
      GoDown(DownReason::kAborted, question_.text());
      return;
    case EndQuestion::About::kRestart:
      GoDown(DownReason::kRestarted, question_.text());
      return;
    case EndQuestion::About::kShutdown:
      if (claim_.gone()) {
        GoDown(DownReason::kShutdown, "");
        return;
      }
      // Nobody said anything at all: it is the path. A peer that meant it answers what comes next
      // with an ABORT.
      ++counters_.shutdowns_forgotten;
      ForgetClaim();
      return;
  }
}

}  // namespace sctp
