#include "sctp/association/association_ends.h"

#include <algorithm>

namespace sctp {

void AssociationEnds::Shutdown(TimePoint now) {
  ForgetClaim();
  closing_.Shutdown();
  if (around_.sender->drained()) closing_.OnDrained(now);
}

Duration AssociationEnds::ProbeTimeout() const {
  const Sender& sender = *around_.sender;
  const RoundTrip& round_trip = sender.round_trip();
  if (round_trip.known()) return sender.flow().timer.ProbeTimeout(round_trip);
  // Nothing was measured yet; only the time that the peer's cookie took is known.
  if (cookie_trip_ == Duration::zero()) return round_trip.Rto();
  return std::min(2 * cookie_trip_ + around_.settings.peer_ack_delay, round_trip.Rto());
}

void AssociationEnds::Ask(EndQuestion::About about, std::string_view text, TimePoint now) {
  question_.Ask(about, text, ProbeTimeout(), now);
}

bool AssociationEnds::OnRestart(TimePoint now) {
  if (!around_.settings.ends_are_questions) return true;
  Ask(EndQuestion::About::kRestart, "the peer restarted", now);
  return false;
}

std::optional<AssociationEnds::End> AssociationEnds::OnAbort(std::string_view text, TimePoint now) {
  if (!around_.settings.ends_are_questions) return End{DownReason::kAborted, text};
  // A peer that has closed answers in this way to what comes later (section 8.4).
  if (AsksAboutShutdown())
    claim_.OnGone();
  else
    Ask(EndQuestion::About::kAbort, text, now);
  return std::nullopt;
}

bool AssociationEnds::OnShutdown(TimePoint now) {
  if (!around_.settings.ends_are_questions) {
    closing_.OnShutdown(now);
    return false;
  }

  switch (closing_.state()) {
    case Closing::State::kOpen:
      if (AsksAboutShutdown()) return false;
      claim_.OnShutdown(ProbeTimeout(), now);
      if (claim_.MayHold(now)) around_.sender->Hold();
      return false;  // Settle asks when all was delivered
    case Closing::State::kSent:
    case Closing::State::kBelieving:
      // Both ends send SHUTDOWN at once. If the peer means it, it has its answer; if not, it still
      // gets our own SHUTDOWN, which a step to SHUTDOWN-ACK-SENT would stop.
      return true;
    case Closing::State::kPending:  // our own SHUTDOWN will be the answer
    case Closing::State::kReceived:
    case Closing::State::kAckSent:
    case Closing::State::kClosed:
      return false;
  }
  return false;
}

bool AssociationEnds::OnShutdownAck(TimePoint now) {
  if (!around_.settings.ends_are_questions) return closing_.OnShutdownAck();
  closing_.Believe(now + static_cast<int>(EndQuestion::kFewest) * ProbeTimeout());
  return false;
}

bool AssociationEnds::OnShutdownComplete() {
  if (closing_.OnShutdownComplete()) return true;
  if (AsksAboutShutdown()) claim_.OnGone();
  return false;
}

bool AssociationEnds::OnHeartbeatAck(ByteView info, TimePoint now) {
  const bool shutdown = AsksAboutShutdown();
  if (!question_.OnAnswer(info)) return false;
  if (shutdown) RefuteClaim(now);
  return true;
}

void AssociationEnds::OnNewData(TimePoint now) {
  closing_.OnNewData(now);
  if (AsksAboutShutdown())
    question_.Refute();
  else if (claim_.standing())
    ++around_.counters.shutdowns_forgotten;
  else
    return;
  RefuteClaim(now);
}

bool AssociationEnds::OnDataPacket(TimePoint now) {
  closing_.OnData(now);
  return closing_.state() == Closing::State::kSent;
}

void AssociationEnds::Settle(TimePoint now) {
  if (around_.sender->drained()) closing_.OnDrained(now);
  if (!claim_.standing()) return;
  if (around_.sender->drained() && !question_.asked()) {
    claim_.OnAsked();
    Ask(EndQuestion::About::kShutdown, "", now);
  } else if (claim_.Lapsed(now)) {
    ++around_.counters.shutdowns_forgotten;
    ForgetClaim();
  }
}

std::optional<AssociationEnds::End> AssociationEnds::OnTimer(TimePoint now) {
  if (closing_.Believed(now)) return End{DownReason::kShutdown, ""};
  const auto proven = question_.TakeProven(now);
  if (!proven) return std::nullopt;

  switch (*proven) {
    case EndQuestion::About::kAbort:
      return End{DownReason::kAborted, question_.text()};
    case EndQuestion::About::kRestart:
      return End{DownReason::kRestarted, question_.text()};
    case EndQuestion::About::kShutdown:
      if (claim_.gone()) return End{DownReason::kShutdown, ""};
      // Nothing at all was heard: the path has failed. A peer that did send SHUTDOWN answers the
      // next packet with an ABORT.
      ++around_.counters.shutdowns_forgotten;
      ForgetClaim();
      return std::nullopt;
  }
  return std::nullopt;
}

TimePoint AssociationEnds::NextTimer() const {
  return std::min({closing_.NextTimer(), question_.NextTimer(), claim_.NextTimer()});
}

std::optional<ByteView> AssociationEnds::Write(BufferWriter& out, Tsn cumulative, TimePoint now,
                                               RandomSource& random) {
  if (closing_.Due(now) && out.space() >= kChunkHeaderSize + 4)
    closing_.Write(out, cumulative, now, around_.sender->round_trip());
  if (!question_.Due(now) || out.space() < kChunkHeaderSize + EndQuestion::kChunkSize)
    return std::nullopt;
  // Both in one packet: a peer that meant it reads nothing after the SHUTDOWN ACK.
  if (AsksAboutShutdown()) WriteChunk(out, ChunkType::kShutdownAck, 0, {});
  question_.Write(out, now, random);
  // The HEARTBEAT that asks about a SHUTDOWN has a meaning only after its SHUTDOWN ACK.
  if (AsksAboutShutdown()) return std::nullopt;
  return question_.newest();
}

void AssociationEnds::ForgetClaim() {
  claim_.Forget();
  around_.sender->Release();
}

void AssociationEnds::RefuteClaim(TimePoint now) {
  claim_.OnRefuted(now);
  around_.sender->Release();
}

}  // namespace sctp
