#include "sctp/association/association.h"

#include <algorithm>

namespace sctp {
std::string_view Name(DownReason reason) {
  switch (reason) {
    case DownReason::kNoAnswer:
      return "no answer";
    case DownReason::kShutdown:
      return "shutdown";
    case DownReason::kAborted:
      return "aborted";
    case DownReason::kDeadPeer:
      return "dead peer";
    case DownReason::kRestarted:
      return "restarted";
    case DownReason::kLocal:
      return "local";
    case DownReason::kViolation:
      return "violation";
  }
  return "";
}

Association::Association(const AssociationSettings& settings, const Identity& identity,
                         Around around, TimePoint now)
    : settings_(settings),
      around_(around),
      handshake_(settings_, identity, now),
      heartbeats_(settings.heartbeats, now),
      ends_({settings_, sender_, counters_}, Duration::zero()),
      paths_({settings_, around.random, around.events, sender_, heartbeats_, counters_},
             identity.peer, now) {}

Association::Association(const AssociationSettings& settings, const Identity& identity,
                         const Cookie& cookie, Around around, TimePoint now)
    : settings_(settings),
      around_(around),
      handshake_(settings_, identity, cookie),
      heartbeats_(settings.heartbeats, now),
      ends_({settings_, sender_, counters_}, now - cookie.made),
      paths_({settings_, around.random, around.events, sender_, heartbeats_, counters_},
             identity.peer, now) {
  MakeTransfer();
  paths_.TakeHosts(cookie.peer_hosts, now);
  Answer(ChunkType::kCookieAck, 0, {});
}

void Association::MakeTransfer() {
  sender_.emplace(handshake_.SenderSettings(), handshake_.identity().own_tsn,
                  handshake_.peer_window_bytes(), settings_.packet_bytes, around_.buffers);
  receiver_.emplace(handshake_.ReceiverSettings(trusted_), handshake_.peer_tsn(), around_.buffers,
                    static_cast<MessageSink&>(*this), trusted_ ? nullptr : around_.budget);
  paths_.LimitPackets();
}

void Association::OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) {
  if (down_) return;  // an earlier message of this packet has ended it
  ++counters_.messages_in;
  around_.events.OnMessage(stream, protocol, message);
}

SendStatus Association::Send(StreamId stream, ByteView message, const SendOptions& options) {
  if (!up() || !ends_.open()) return SendStatus::kGone;
  return sender_->Push(stream, message, options);
}

void Association::Configure(StreamId stream, const StreamShare& share) {
  if (sender_) sender_->Configure(stream, share);
}

void Association::Trust(TimePoint now) {
  trusted_ = true;
  if (!receiver_) return;
  receiver_->LeaveBudget();
  receiver_->SetWindow(settings_.window_bytes, now);
}

void Association::Shutdown(TimePoint now) {
  if (!up()) {
    Abort("");
    return;
  }
  ends_.Shutdown(now);
}

void Association::Abort(std::string_view reason) {
  if (down_) return;
  answers_.Clear();
  SayAbort(reason);
}

// The answers to be sent are only that COOKIE ACK (RFC 9260 section 3: control chunks come before
// ABORT).
void Association::RefuseUp(std::string_view reason) {
  if (down_) return;
  answers_.KeepCookieAckOnly();
  SayAbort(reason);
}

void Association::SayAbort(std::string_view reason) {
  down_ = true;
  if (identity().peer_tag == VerificationTag(0)) return;  // there is no peer yet to be told
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

// The peer did something forbidden: it is told why.
void Association::Refuse(CauseCode cause, std::string_view text, DownReason reason,
                         ByteView value) {
  if (down_) return;
  answers_.Clear();
  std::uint8_t raw[kTlvHeaderSize + 64 + 4];
  BufferWriter out(raw);
  if (cause == CauseCode::kProtocolViolation) value = funnel::AsBytes(text);
  WriteCause(out, cause, value.first(std::min<std::size_t>(value.size(), 64)));
  Answer(ChunkType::kAbort, 0, out.written());
  GoDown(reason, text);
}

bool Association::OnRestart(TimePoint now) { return !up() || ends_.OnRestart(now); }

std::size_t Association::Finish(PacketWriter& packet, bool with_data, TimePoint now) {
  const std::size_t size = packet.Finish().size();
  if (with_data) sender_->OnPacketSent(size, now);
  ++counters_.packets_out;
  counters_.bytes_out += size;
  return size;
}

void Association::WriteSack(BufferWriter& out, TimePoint now) {
  const AckPolicy& ack = receiver_->ack();
  if (!ack.pending()) return;
  if (!ack.Due(now)) {
    // A SACK goes with the packet if the next chunk still fits after it; alone it would have
    // waited.
    constexpr std::size_t kUsualSack = kChunkHeaderSize + kSackFixedSize;
    if (!sender_->Ready(now) || out.space() < kUsualSack + sender_->NextChunkBytes()) return;
  }
  if (receiver_->WriteSack(out)) ++counters_.sacks_out;
}

void Association::WriteControl(BufferWriter& out, TimePoint now) {
  answers_.Write(out);
  if (down_) return;
  WriteSack(out, now);
  if (const auto asked = ends_.Write(out, receiver_->cumulative(), now, around_.random))
    paths_.AskByOthers(*asked);
  if (heartbeats_.Due(now) && out.space() >= Heartbeats::kChunkSize)
    heartbeats_.Write(out, now, around_.random);
}

std::size_t Association::NextElsewhere(MutableByteView buffer, TimePoint now) {
  if (!up()) return 0;
  const Address* const sack_to = receiver_->ack().Due(now) ? paths_.SacksElsewhere() : nullptr;
  Elsewhere& elsewhere = paths_.elsewhere();
  if (sack_to == nullptr && elsewhere.empty()) return 0;

  const std::size_t pad_to = sack_to != nullptr ? 0 : elsewhere.pad_to();
  PacketWriter packet(buffer.first(std::min(std::max(packet_bytes(), pad_to), buffer.size())),
                      handshake_.header());

  written_.must_stay_whole = pad_to > 0;
  if (sack_to != nullptr) {
    written_.to = *sack_to;
    if (receiver_->WriteSack(packet.out())) ++counters_.sacks_out;
  } else {
    written_.to = elsewhere.to();
    elsewhere.WriteNext(packet);
  }
  return Finish(packet, /*with_data=*/false, now);
}

std::size_t Association::NextOfHandshake(MutableByteView buffer, TimePoint now) {
  if (!handshake_.Due(now)) return 0;
  const bool init = handshake_.awaits_init_ack();
  PacketWriter packet(buffer, handshake_.header());
  if (!handshake_.Write(packet.out(), now)) return 0;
  if (!init) answers_.Write(packet.out());
  return Finish(packet, /*with_data=*/false, now);
}

std::size_t Association::NextPacket(MutableByteView buffer, TimePoint now) {
  written_.must_stay_whole = false;
  if (const std::size_t size = NextElsewhere(buffer, now); size > 0) return size;
  written_.to = paths_.active().address;

  const std::size_t oversize = up() ? sender_->OversizePacketBytes() : 0;
  buffer = buffer.first(std::max(packet_bytes(), oversize));
  if (handshake_.running() && !down_) return NextOfHandshake(buffer, now);

  PacketWriter packet(buffer, handshake_.header());
  if (!down_ && ends_.TakeComplete()) {
    WriteChunk(packet.out(), ChunkType::kShutdownComplete, 0, {});
    return Finish(packet, /*with_data=*/false, now);
  }

  WriteControl(packet.out(), now);
  bool with_data = false;
  if (!down_ && sender_->Ready(now)) with_data = sender_->Fill(packet.out(), now);
  if (packet.empty()) return 0;
  return Finish(packet, with_data, now);
}

TimePoint Association::NextTimer(TimePoint now) {
  if (down_) return TimePoint::max();
  if (handshake_.running()) return handshake_.NextTimer();
  return std::min({receiver_->ack().deadline(), sender_->NextTimer(now), ends_.NextTimer(),
                   heartbeats_.NextTimer(), paths_.NextTimer()});
}

void Association::OnTimer(TimePoint now) {
  if (down_) return;
  if (handshake_.running()) {
    // The attempt after the last one is made here, where its end may be reported.
    if (handshake_.Expired(now)) GoDown(DownReason::kNoAnswer, "nobody answered");
    return;
  }

  if (const auto end = ends_.OnTimer(now)) {
    GoDown(end->reason, end->text);
    return;
  }

  if (heartbeats_.Dead(now)) {
    GoDown(DownReason::kDeadPeer, "nothing heard");
    return;
  }

  sender_->OnTimer(now);
  paths_.OnTimer(ends_.ProbeTimeout(), now);
  AfterInput(now);
}

AssociationCounters Association::counters() const {
  AssociationCounters counters = counters_;
  if (sender_) counters.sent = sender_->counters();
  counters.ends_refuted = ends_.refuted();
  return counters;
}

}  // namespace sctp
