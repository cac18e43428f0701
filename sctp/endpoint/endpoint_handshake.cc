// Endpoint: associations that others begin, or restart (RFC 9260 sections 5.1, 5.2).
#include "sctp/endpoint/endpoint.h"
#include "sctp/endpoint/slot.h"
#include "sctp/handshake/collision.h"
#include "sctp/wire/parameter.h"

namespace sctp {
namespace {

// How much is reported of what was not understood in an INIT; each parameter also gets a header.
constexpr std::size_t kMostReportBytes = 128;

bool IsUsable(const InitChunk& init) {
  return init.out_streams != 0 && init.in_streams != 0 && init.window_bytes >= kLeastWindow;
}

// The cookie of the association that OURS, IDENTITY and the peer's INIT would make.
Cookie CookieOf(const Association::Identity& identity, const InitChunk& init,
                const PeerParameters& parameters, const AssociationSettings& ours) {
  Cookie cookie;
  cookie.own_tag = identity.own_tag;
  cookie.own_tsn = identity.own_tsn;
  cookie.own_port = identity.own_port;
  cookie.peer_tag = init.tag;
  cookie.peer_tsn = init.initial_tsn;
  cookie.peer_port = identity.peer_port;
  cookie.peer_window_bytes = init.window_bytes;
  cookie.out_streams = std::min(ours.out_streams, init.in_streams);
  cookie.in_streams = std::min(ours.in_streams, init.out_streams);
  cookie.capabilities = Common(ours.capabilities, parameters.capabilities);
  cookie.peer = identity.peer;
  if (ours.takes_hosts) cookie.peer_hosts = parameters.hosts;
  return cookie;
}

// SEALED is COOKIE in its form for the wire; each parameter in UNRECOGNIZED is reported.
void WriteInitAck(BufferWriter& out, const Cookie& cookie, ByteView sealed,
                  const AssociationSettings& ours, ByteView unrecognized) {
  ChunkScope ack(out, ChunkType::kInitAck, 0);
  InitChunk{cookie.own_tag,     static_cast<std::uint32_t>(ours.first_window_bytes),
            cookie.out_streams, ours.in_streams,
            cookie.own_tsn,     {}}
      .WriteFixed(out);
  WriteHosts(out, ours.own_hosts);
  WriteParameter(out, ParameterType::kStateCookie, sealed);
  WriteCapabilities(out, ours.capabilities);

  TlvReader reported(unrecognized);
  while (const auto parameter = reported.Next()) {
    std::uint8_t raw[kMostReportBytes];
    BufferWriter whole(raw);
    WriteTlv(whole, parameter->code, parameter->value);
    WriteParameter(out, ParameterType::kUnrecognized, whole.written());
  }
  ack.End();
}

}  // namespace

// It is answered without storing anything (section 5.1.3).
void Endpoint::OnInit(const Address& from, const PacketView& packet, const ChunkView& chunk,
                      TimePoint now) {
  if (packet.header.tag != VerificationTag(0)) {
    ++counters_.inits_bad;
    return;
  }
  if (!Admit(from, EndpointPolicy::Ask::kInit, now)) return;
  ++counters_.inits;

  const auto init = InitChunk::Parse(chunk);
  if (!init || init->tag == VerificationTag(0)) {
    ++counters_.inits_bad;
    return;
  }
  const CommonHeader header = Turned(packet.header, init->tag);
  std::uint8_t report[kMostReportBytes];
  BufferWriter unrecognized(report);
  const auto parameters = ReadParameters(init->parameters, &unrecognized);
  if (!parameters || !IsUsable(*init)) {
    RefuseInit(from, header, parameters ? CauseCode::kInvalidParameter : parameters.error());
    return;
  }

  const Place place = PlaceOf(from, packet.header);
  Cookie cookie = CookieOf(NewIdentity(place), *init, *parameters, settings_.association);
  if (Slot* const slot = FindPlace(place);
      slot != nullptr && !FitToPresent(*slot, header, parameters->hosts, cookie, now))
    return;

  ReplyWith(from, header, [&](BufferWriter& out) {
    WriteInitAck(out, cookie, cookies_.Seal(cookie, now), settings_.association,
                 unrecognized.written());
  });
}

bool Endpoint::FitToPresent(Slot& slot, const CommonHeader& header, const std::vector<Host>& hosts,
                            Cookie& cookie, TimePoint now) {
  Association& present = *slot.association;
  // Section 9.2: the present association ends first; our answer to its SHUTDOWN was lost.
  if (present.closing() == Closing::State::kAckSent) {
    present.RepeatShutdownAck(now);
    Touch(slot);
    return false;
  }
  if (!present.up()) {
    // Both ends begin at once: our own INIT and this answer belong to one association (section
    // 5.2.1).
    cookie.own_tag = present.identity().own_tag;
    cookie.own_tsn = present.identity().own_tsn;
    return true;
  }

  // An INIT that adds addresses could take over those of another peer (section 5.2.2).
  if (const std::vector<Host> added = present.HostsAdded(hosts); !added.empty()) {
    std::uint8_t raw[256];
    BufferWriter written(raw);
    WriteHosts(written, added);
    RefuseInit(cookie.peer, header, CauseCode::kRestartWithNewAddresses, written.written());
    return false;
  }
  cookie.own_tie = present.identity().own_tie;
  cookie.peer_tie = present.identity().peer_tie;
  return true;
}

void Endpoint::RefuseInit(const Address& from, const CommonHeader& header, CauseCode cause,
                          ByteView value) {
  ++counters_.inits_bad;
  ReplyWith(from, header, [&](BufferWriter& out) {
    ChunkScope abort(out, ChunkType::kAbort, 0);
    WriteCause(out, cause, value);
    abort.End();
  });
}

// The MAC is checked before anything else.
void Endpoint::OnCookieEcho(const Address& from, const PacketView& packet, const ChunkView& chunk,
                            TimePoint now) {
  const auto cookie = cookies_.Open(chunk.body, now);
  if (!cookie && cookie.error() == CookieFault::kStale) {
    ++counters_.cookies_stale;
    if (!Admit(from, EndpointPolicy::Ask::kCookieEcho, now)) return;

    // Of a stale cookie only the peer's tag is used, for the answer.
    if (const auto peer = CookieBox::PeerTagOf(chunk.body))
      ReplyWith(from, Turned(packet.header, *peer), [](BufferWriter& out) {
        ChunkScope error(out, ChunkType::kError, 0);
        WriteCause(out, CauseCode::kStaleCookie, Bytes(4));
        error.End();
      });
    return;
  }

  const Place place = PlaceOf(from, packet.header);
  if (!cookie || cookie->peer != from || cookie->peer_port != place.port ||
      cookie->own_port != place.own_port || cookie->own_tag != packet.header.tag) {
    ++counters_.cookies_forged;
    return;
  }
  UseCookie(place, *cookie, packet, now);
}

void Endpoint::UseCookie(const Place& place, const Cookie& cookie, const PacketView& packet,
                         TimePoint now) {
  Slot* const found = FindPlace(place);
  if (found == nullptr) {
    Accept(place, cookie, packet, now);
    return;
  }

  Slot& slot = *found;
  const CookieMeaning meaning = JudgeCookie(slot.association->identity().tags(), cookie);
  switch (meaning) {
    case CookieMeaning::kRestart:
      Restart(slot, cookie, packet, now);
      return;
    case CookieMeaning::kCollision:
      ++counters_.collisions;
      [[fallthrough]];
    case CookieMeaning::kDuplicate:
      slot.association->OnCookie(cookie, meaning, now);
      slot.association->OnPacket(place.address, packet, now);
      Touch(slot);
      return;
    case CookieMeaning::kLate:
    case CookieMeaning::kNone:
      ++counters_.cookies_refused;
      return;
  }
}

void Endpoint::Restart(Slot& slot, const Cookie& cookie, const PacketView& packet, TimePoint now) {
  if (!slot.association->OnRestart(now)) {
    if (!slot.successor) slot.successor = cookie;
    Touch(slot);
    return;
  }
  ++counters_.restarts;
  const Place place = slot.place;
  observer_.OnDown(slot.id, DownReason::kRestarted, "the peer restarted");
  slot.association->Discard();
  by_place_.erase(place);
  Touch(slot);
  Accept(place, cookie, packet, now);
}

void Endpoint::Accept(const Place& place, const Cookie& cookie, const PacketView& packet,
                      TimePoint now) {
  if (by_id_.size() >= settings_.max_associations) {
    ++counters_.refused_full;
    return;
  }

  // A cookie that was used already, and whose association is over, is not used again.
  if (by_tag_.contains(cookie.own_tag.value()) ||
      (policy_ != nullptr && !policy_->MayAccept(place.address))) {
    ++counters_.cookies_refused;
    return;
  }

  Association::Identity identity = NewIdentity(place);
  identity.own_tag = cookie.own_tag;
  identity.own_tsn = cookie.own_tsn;
  identity.peer_tag = cookie.peer_tag;

  Slot& slot = AddSlot(place);
  slot.incoming = true;
  by_tag_[identity.own_tag.value()] = slot.number;
  slot.association =
      std::make_unique<Association>(SettingsFor(place.address), identity, cookie,
                                    Association::Around{random_, buffers_, slot}, now);

  Touch(slot);
  slot.OnUp();
  slot.association->OnPacket(place.address, packet, now);
}

}  // namespace sctp
