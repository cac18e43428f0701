// Association: how each chunk is handled.
#include <utility>

#include "sctp/association/association.h"
#include "sctp/wire/parameter.h"

namespace sctp {
bool Association::OnPacket(const Address& from, const PacketView& packet, TimePoint now) {
  if (down_) return true;
  if (paths_.IsInUse(from)) {
    paths_.OnPacketInUse(from);
  } else if (!up() || !paths_.OnPacketElsewhere(from, packet, trusted_, now)) {
    ++counters_.packets_unproven;
    return false;
  }

  paths_.BeginPacket(from);
  ++counters_.packets_in;
  counters_.bytes_in += kCommonHeaderSize + packet.chunks.size();
  heartbeats_.OnReceived(now);
  got_data_ = false;

  ChunkReader chunks(packet.chunks);
  while (const auto chunk = chunks.Next()) {
    if (TravelsAlone(chunk->type) && Padded(chunk->whole.size()) < packet.chunks.size()) {
      ++counters_.malformed_chunks;
      break;
    }
    if (!OnChunk(*chunk, now) || down_) break;
  }

  if (chunks.malformed()) ++counters_.malformed_chunks;
  if (down_) return true;

  paths_.EndPacket(got_data_, now);
  if (got_data_) {
    receiver_->EndPacket(now);
    if (ends_.OnDataPacket(now)) receiver_->AskForSack(now);
  }
  AfterInput(now);
  return true;
}

void Association::AfterInput(TimePoint now) {
  if (down_ || handshake_.running()) return;
  ends_.Settle(now);
  paths_.Settle(now);
  if (sender_->TakeSizeDoubt()) paths_.DoubtSize(ends_.ProbeTimeout(), now);
  if (sender_->TakeWritable()) around_.events.OnWritable();
}

bool Association::OnChunk(const ChunkView& chunk, TimePoint now) {
  paths_.OnChunk(chunk.type);
  // Until the handshake is complete, only its own chunks have a meaning.
  const bool begun = sender_.has_value() && !handshake_.running();

  switch (chunk.type) {
    case ChunkType::kData:
    case ChunkType::kIData:
      if (begun && ends_.receiving()) OnData(chunk, now);
      return true;
    case ChunkType::kSack:
      if (begun) OnSack(chunk, now);
      return true;
    case ChunkType::kForwardTsn:
    case ChunkType::kIForwardTsn:
      if (const auto view = ForwardTsnView::Parse(chunk); view && begun)
        (void)receiver_->OnForwardTsn(*view, now);
      return true;
    case ChunkType::kInitAck:
      OnInitAck(chunk, now);
      return true;
    case ChunkType::kCookieAck:
      if (handshake_.OnCookieAck()) around_.events.OnUp();
      return true;
    case ChunkType::kHeartbeat:
      // A peer that has sent SHUTDOWN and has its answer gets no answer to HEARTBEAT: for it we are
      // gone.
      if (begun && ends_.closing() != Closing::State::kBelieving &&
          paths_.OnHeartbeat(chunk.body, now))
        Answer(ChunkType::kHeartbeatAck, 0, chunk.body);
      return true;
    case ChunkType::kHeartbeatAck:
      if (begun) OnHeartbeatAck(chunk, now);
      return true;
    case ChunkType::kError:
      OnError(chunk, now);
      return true;
    case ChunkType::kAbort:
      OnAbort(chunk, now);
      return false;
    case ChunkType::kShutdown:
      if (begun) OnShutdown(chunk, now);
      return true;
    case ChunkType::kShutdownAck:
      if (begun && ends_.OnShutdownAck(now)) {
        answers_.Clear();
        Answer(ChunkType::kShutdownComplete, 0, {});
        GoDown(DownReason::kShutdown, "");
      }
      return true;
    case ChunkType::kShutdownComplete:
      if (begun && ends_.OnShutdownComplete()) GoDown(DownReason::kShutdown, "");
      return true;
    case ChunkType::kInit:
    case ChunkType::kCookieEcho:
    case ChunkType::kPad:
      return true;
  }
  return OnUnknown(chunk);
}

void Association::OnData(const ChunkView& chunk, TimePoint now) {
  auto data = DataView::Parse(chunk);
  if (!data) {
    ++counters_.malformed_chunks;
    return;
  }

  // Section 6.2. With ends_are_questions, nothing that somebody could have forged ends an
  // association.
  if (data->payload.empty() && !settings_.ends_are_questions) {
    std::uint8_t tsn[4];
    funnel::StoreBigEndian<4>(tsn, data->tsn.value());
    Refuse(CauseCode::kNoUserData, "no user data", DownReason::kViolation, tsn);
    return;
  }

  if (handshake_.linux_fragments() && !data->begin) ++data->fsn;
  got_data_ = true;
  switch (receiver_->OnData(*data)) {
    case Receiver::Outcome::kTaken:
      if (!down_) ends_.OnNewData(now);
      return;
    case Receiver::Outcome::kDuplicate:
      ++counters_.duplicate_chunks;
      return;
    case Receiver::Outcome::kNoRoom:
      ++counters_.refused_chunks;
      return;
    case Receiver::Outcome::kNoStream: {
      ++counters_.impossible_chunks;
      const auto stream = data->stream.value();
      Report(CauseCode::kInvalidStream, Bytes{static_cast<std::uint8_t>(stream >> 8),
                                              static_cast<std::uint8_t>(stream), 0, 0});
      return;
    }
    case Receiver::Outcome::kImpossible:
      ++counters_.impossible_chunks;
      return;
    case Receiver::Outcome::kTooLarge:
      Refuse(CauseCode::kProtocolViolation, "message too large", DownReason::kViolation);
      return;
  }
}

void Association::OnSack(const ChunkView& chunk, TimePoint now) {
  if (const auto sack = SackView::Parse(chunk))
    (void)sender_->OnSack(*sack, now);
  else
    ++counters_.malformed_chunks;
}

void Association::OnInitAck(const ChunkView& chunk, TimePoint now) {
  if (!handshake_.awaits_init_ack()) return;
  const auto init = InitChunk::Parse(chunk);
  if (!init) {
    ++counters_.malformed_chunks;
    return;
  }

  std::uint8_t raw[Answers::kMostReportBytes];
  BufferWriter unrecognized(raw);
  const auto parameters = handshake_.OnInitAck(*init, unrecognized, now);
  if (!parameters) {
    const auto& [cause, text, value] = parameters.error();
    if (cause)
      Refuse(*cause, text, DownReason::kViolation, value);
    else
      GoDown(DownReason::kViolation, text);
    return;
  }

  // It is sent with the COOKIE ECHO (RFC 9260 section 3.2.2).
  if (unrecognized.position() > 0)
    Report(CauseCode::kUnrecognizedParameters, unrecognized.written());
  MakeTransfer();
  if (const auto rtt = handshake_.rtt()) sender_->OnRoundTrip(*rtt);
  paths_.TakeHosts(parameters->hosts, now);
}

void Association::OnCookie(const Cookie& cookie, CookieMeaning meaning, TimePoint now) {
  if (down_) return;
  heartbeats_.OnReceived(now);
  if (meaning == CookieMeaning::kCollision && !handshake_.running() &&
      identity().peer_tag != cookie.peer_tag)
    return;  // it is up already with another one, which stays valid
  Answer(ChunkType::kCookieAck, 0, {});
  if (!handshake_.running()) return;
  handshake_.OnCollision(cookie);
  MakeTransfer();
  paths_.TakeHosts(cookie.peer_hosts, now);
  around_.events.OnUp();
}

void Association::OnError(const ChunkView& chunk, TimePoint now) {
  if (!handshake_.OnError(chunk, now)) return;
  sender_.reset();
  receiver_.reset();
}

void Association::OnHeartbeatAck(const ChunkView& chunk, TimePoint now) {
  const auto info = ParseHeartbeat(chunk);
  if (!info) {
    ++counters_.malformed_chunks;
    return;
  }
  if (ends_.OnHeartbeatAck(*info, now)) return;
  if (paths_.OnHeartbeatAck(*info, ends_.ProbeTimeout(), now)) return;
  if (const auto rtt = heartbeats_.OnAck(*info, now)) sender_->OnRoundTrip(*rtt);
}

// RFC 9260 section 3.2: what to do is in the type's two highest bits.
bool Association::OnUnknown(const ChunkView& chunk) {
  ++counters_.unknown_chunks;
  if (ReportsUnknownChunk(chunk.type)) Report(CauseCode::kUnrecognizedChunk, chunk.whole);
  return !StopsAtUnknownChunk(chunk.type);
}

void Association::OnAbort(const ChunkView& chunk, TimePoint now) {
  TlvReader causes(chunk.body);
  const auto cause = causes.Next();
  const bool has_text = cause && cause->code == static_cast<std::uint16_t>(CauseCode::kUserAbort);
  const std::string_view text = has_text ? funnel::AsText(cause->value) : "";
  if (!up())
    GoDown(DownReason::kAborted, text);
  else if (const auto end = ends_.OnAbort(text, now))
    GoDown(end->reason, end->text);
}

void Association::OnShutdown(const ChunkView& chunk, TimePoint now) {
  const auto cumulative = ParseShutdown(chunk);
  if (!cumulative) {
    ++counters_.malformed_chunks;
    return;
  }
  if (sender_->OnCumulative(*cumulative, now) == Sender::SackOutcome::kInvalid) return;
  if (ends_.OnShutdown(now)) Answer(ChunkType::kShutdownAck, 0, {});
}

}  // namespace sctp
