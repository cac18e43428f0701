#include "sctp/association/association_handshake.h"

#include <algorithm>
#include <utility>

#include "sctp/wire/parameter.h"

namespace sctp {

std::expected<PeerParameters, AssociationHandshake::Fault> AssociationHandshake::OnInitAck(
    const InitChunk& init, BufferWriter& unrecognized, TimePoint now) {
  // The peer could not be told (RFC 9260 section 3.3.3).
  if (init.tag == VerificationTag(0))
    return std::unexpected(Fault{std::nullopt, "INIT ACK with tag 0"});

  identity_.peer_tag = init.tag;
  if (init.out_streams == 0 || init.in_streams == 0)
    return std::unexpected(Fault{CauseCode::kInvalidParameter, "INIT ACK without streams"});
  if (init.window_bytes < kLeastWindow)
    return std::unexpected(Fault{CauseCode::kInvalidParameter, "INIT ACK with too small a window"});

  auto parameters = ReadParameters(init.parameters, &unrecognized);
  if (!parameters) return std::unexpected(Fault{parameters.error(), "bad INIT ACK"});
  if (!parameters->cookie) {
    // The number of missing parameters, and their types (section 3.3.10.2).
    static constexpr std::uint8_t kCookie[] = {
        0, 0, 0, 1, 0, static_cast<std::uint8_t>(ParameterType::kStateCookie)};
    return std::unexpected(
        Fault{CauseCode::kMissingParameter, "INIT ACK without a cookie", kCookie});
  }

  agreed_ = {Common(settings_.capabilities, parameters->capabilities),
             std::min(settings_.out_streams, init.in_streams),
             std::min(settings_.in_streams, init.out_streams), init.initial_tsn, init.window_bytes};
  initiator_->OnInitAck(*parameters->cookie, now);
  return *std::move(parameters);
}

bool AssociationHandshake::OnCookieAck() {
  if (!initiator_ || initiator_->state() != Initiator::State::kCookieEchoed) return false;
  initiator_->OnCookieAck();
  return true;
}

void AssociationHandshake::OnCollision(const Cookie& cookie) {
  identity_.peer_tag = cookie.peer_tag;
  agreed_ = AgreedIn(cookie);
  initiator_->OnCollision();
}

bool AssociationHandshake::OnError(const ChunkView& chunk, TimePoint now) {
  if (!initiator_ || initiator_->state() != Initiator::State::kCookieEchoed) return false;
  TlvReader causes(chunk.body);
  while (const auto cause = causes.Next()) {
    if (cause->code != static_cast<std::uint16_t>(CauseCode::kStaleCookie)) continue;
    initiator_->OnStaleCookie(now);
    wants_new_tag_ = true;
    identity_.peer_tag = VerificationTag(0);
    return true;  // a second such cause speaks of the same cookie
  }
  return false;
}

bool AssociationHandshake::Write(BufferWriter& out, TimePoint now) {
  std::uint8_t raw[512];
  BufferWriter hosts(raw);
  WriteHosts(hosts, settings_.own_hosts);
  const InitChunk chunk{
      identity_.own_tag,     static_cast<std::uint32_t>(settings_.first_window_bytes),
      settings_.out_streams, settings_.in_streams,
      identity_.own_tsn,     hosts.written()};
  return initiator_->Write(out, chunk, settings_.capabilities, now);
}

Sender::Settings AssociationHandshake::SenderSettings() const {
  Sender::Settings sending;
  sending.queue = {format(), agreed_.out_streams};
  sending.partial_reliability = agreed_.capabilities.partial_reliability;
  sending.max_message_bytes = settings_.max_message_bytes;
  sending.buffer_bytes = settings_.send_buffer_bytes;
  sending.max_outstanding_chunks =
      agreed_.capabilities.adaptation == kTakesManyChunks
          ? settings_.max_outstanding_chunks
          : std::min(settings_.max_outstanding_chunks, settings_.max_outstanding_chunks_of_others);
  sending.linux_fragments = linux_fragments();
  sending.peer_ack_delay = settings_.peer_ack_delay;
  sending.round_trip = settings_.round_trip;
  sending.congestion = settings_.congestion;
  sending.copy_after = settings_.copy_after;
  return sending;
}

Receiver::Settings AssociationHandshake::ReceiverSettings(bool trusted) const {
  Receiver::Settings receiving;
  receiving.reassembly = {format(), agreed_.in_streams, settings_.max_message_bytes};
  receiving.ack = settings_.ack;
  receiving.window_bytes = trusted ? settings_.window_bytes : settings_.first_window_bytes;
  return receiving;
}

}  // namespace sctp
