// Association: what each chunk does.
#include <utility>

#include "sctp/association/association.h"
#include "sctp/wire/parameter.h"

namespace sctp {
namespace {

// Of what was not understood, told to whoever said it.
constexpr std::size_t kMostReportBytes = 256;

}  // namespace

bool Association::OnPacket(const Address& from, const PacketView& packet, TimePoint now) {
  if (down_) return true;
  const bool elsewhere = from != paths_.active().address;
  if (elsewhere && !TakeFromElsewhere(from, packet, now)) {
    ++counters_.packets_unproven;
    return false;
  }
  if (!elsewhere) paths_.active().address.local = from.local;
  from_ = from;
  uses_path_ = false;
  ++counters_.packets_in;
  counters_.bytes_in += kCommonHeaderSize + packet.chunks.size();
  heartbeats_.OnHeard(now);
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
  if (uses_path_ && from == paths_.active().address) paths_.OnUsed(now);
  if (got_data_) {
    NoteDataFrom(from);
    receiver_->EndPacket(now);
    closing_.OnData(now);
    if (closing_.state() == Closing::State::kSent) receiver_->AskForSack(now);
  }
  AfterInput(now);
  return true;
}

void Association::AfterInput(TimePoint now) {
  if (down_ || IsBeginning()) return;
  if (sender_->drained()) closing_.OnDrained(now);
  SettleClaim(now);
  if (std::exchange(paths_due_, false)) SettlePaths(now);
  if (sender_->TakeSizeDoubt() && paths_.active().mtu) {
    paths_.active().mtu->Doubt(now);
    SettleMtu(now);
  }
  if (sender_->TakeWritable()) around_.events.OnWritable();
}

bool Association::OnChunk(const ChunkView& chunk, TimePoint now) {
  uses_path_ |= UsesPath(chunk.type);
  // Until the handshake is through, only its own chunks mean anything.
  const bool begun = sender_.has_value() && !IsBeginning();
  switch (chunk.type) {
    case ChunkType::kData:
    case ChunkType::kIData:
      if (begun && closing_.receiving()) OnData(chunk, now);
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
      OnCookieAck(now);
      return true;
    case ChunkType::kHeartbeat:
      // Who has said SHUTDOWN and has its answer is gone for whoever asks.
      if (begun && closing_.state() != Closing::State::kBelieving) AnswerHeartbeat(chunk, now);
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
      if (begun) OnShutdownAck(now);
      return true;
    case ChunkType::kShutdownComplete:
      if (begun) OnShutdownComplete();
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
  // Section 6.2. Where ends are questions, nothing that somebody could have made up is one.
  if (data->payload.empty() && !settings_.ends_are_questions) {
    std::uint8_t tsn[4];
    funnel::StoreBigEndian<4>(tsn, data->tsn.value());
    Refuse(CauseCode::kNoUserData, "no user data", DownReason::kViolation, tsn);
    return;
  }
  if (linux_fragments_ && !data->begin) ++data->fsn;
  got_data_ = true;
  switch (receiver_->OnData(*data)) {
    case Receiver::Outcome::kTaken:
      OnNewData(now);
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
  if (!initiator_ || initiator_->state() != Initiator::State::kCookieWait) return;
  const auto init = InitChunk::Parse(chunk);
  if (!init) {
    ++counters_.malformed_chunks;
    return;
  }
  // Nobody could be told (RFC 9260 section 3.3.3).
  if (init->tag == VerificationTag(0)) {
    GoDown(DownReason::kViolation, "INIT ACK with tag 0");
    return;
  }
  identity_.peer_tag = init->tag;
  if (init->out_streams == 0 || init->in_streams == 0) {
    Refuse(CauseCode::kInvalidParameter, "INIT ACK without streams", DownReason::kViolation);
    return;
  }
  if (init->window_bytes < kLeastWindow) {
    Refuse(CauseCode::kInvalidParameter, "INIT ACK with too small a window",
           DownReason::kViolation);
    return;
  }
  std::uint8_t raw[kMostReportBytes];
  BufferWriter unrecognized(raw);
  const auto parameters = ReadParameters(init->parameters, &unrecognized);
  if (!parameters) {
    Refuse(parameters.error(), "bad INIT ACK", DownReason::kViolation);
    return;
  }
  if (!parameters->cookie) {
    // How many are missing, and which (section 3.3.10.2).
    constexpr std::uint8_t kCookie[] = {
        0, 0, 0, 1, 0, static_cast<std::uint8_t>(ParameterType::kStateCookie)};
    Refuse(CauseCode::kMissingParameter, "INIT ACK without a cookie", DownReason::kViolation,
           kCookie);
    return;
  }
  // Rides with the COOKIE ECHO (section 3.2.2).
  if (unrecognized.position() > 0)
    Report(CauseCode::kUnrecognizedParameters, unrecognized.written());
  Agree({Common(settings_.capabilities, parameters->capabilities),
         std::min(settings_.out_streams, init->in_streams),
         std::min(settings_.in_streams, init->out_streams), init->initial_tsn, init->window_bytes});
  initiator_->OnInitAck(*parameters->cookie, now);
  if (const auto rtt = initiator_->rtt()) sender_->OnRoundTrip(*rtt);
  TakeHosts(parameters->hosts, now);
}

void Association::OnCookieAck(TimePoint now) {
  (void)now;
  if (!initiator_ || initiator_->state() != Initiator::State::kCookieEchoed) return;
  initiator_->OnCookieAck();
  around_.events.OnUp();
}

void Association::OnCookie(const Cookie& cookie, CookieMeaning meaning, TimePoint now) {
  if (down_) return;
  heartbeats_.OnHeard(now);
  if (meaning == CookieMeaning::kCollision && !IsBeginning() &&
      identity_.peer_tag != cookie.peer_tag)
    return;  // up already with another: that one holds
  Answer(ChunkType::kCookieAck, 0, {});
  if (!IsBeginning()) return;
  identity_.peer_tag = cookie.peer_tag;
  Agree({cookie.capabilities, cookie.out_streams, cookie.in_streams, cookie.peer_tsn,
         cookie.peer_window_bytes});
  TakeHosts(cookie.peer_hosts, now);
  initiator_->OnCollision();
  around_.events.OnUp();
}

void Association::OnError(const ChunkView& chunk, TimePoint now) {
  if (!initiator_ || initiator_->state() != Initiator::State::kCookieEchoed) return;
  TlvReader causes(chunk.body);
  while (const auto cause = causes.Next())
    if (cause->code == static_cast<std::uint16_t>(CauseCode::kStaleCookie)) {
      initiator_->OnStaleCookie(now);
      wants_new_tag_ = true;
      sender_.reset();
      receiver_.reset();
      identity_.peer_tag = VerificationTag(0);
    }
}

void Association::OnHeartbeatAck(const ChunkView& chunk, TimePoint now) {
  const auto info = ParseHeartbeat(chunk);
  if (!info) {
    ++counters_.malformed_chunks;
    return;
  }
  if (OnAnswer(*info, now)) return;
  Path* const path = paths_.Find(from_);
  if (path != nullptr && path->mtu && path->mtu->OnAnswer(*info, now)) {
    LimitPackets();
    SettleMtu(now);
    return;
  }
  if (paths_.OnAnswer(from_, *info, now)) {
    LimitPackets();  // it may be used from now on
    paths_due_ = true;
    return;
  }
  if (const auto rtt = heartbeats_.OnAck(*info, now)) sender_->OnRoundTrip(*rtt);
}

// RFC 9260 section 3.2: what its two highest bits say.
bool Association::OnUnknown(const ChunkView& chunk) {
  ++counters_.unknown_chunks;
  if (ReportsUnknownChunk(chunk.type))
    Report(CauseCode::kUnrecognizedChunk,
           ByteView(chunk.whole).first(std::min(chunk.whole.size(), kMostReportBytes)));
  return !StopsAtUnknownChunk(chunk.type);
}

void Association::Report(CauseCode cause, ByteView value) {
  std::uint8_t raw[kTlvHeaderSize + kMostReportBytes];
  BufferWriter out(raw);
  WriteCause(out, cause, value);
  Answer(ChunkType::kError, 0, out.written());
}

}  // namespace sctp
