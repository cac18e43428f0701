#include "sctp/endpoint/responder.h"

#include <algorithm>

#include "sctp/wire/init_chunk.h"
#include "sctp/wire/parameter.h"

namespace sctp {
namespace {

// How much is reported of what was not understood in an INIT; each parameter also gets a header.
constexpr std::size_t kMostReportBytes = 128;

bool IsUsable(const InitChunk& init) {
  return init.out_streams != 0 && init.in_streams != 0 && init.window_bytes >= kLeastWindow;
}

// The cookie of the association that OURS, IDENTITY and the peer's INIT would make.
Cookie CookieOf(const AssociationIdentity& identity, const InitChunk& init,
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
void Responder::OnInit(const Address& from, const PacketView& packet, const ChunkView& chunk,
                       TimePoint now) {
  if (packet.header.tag != VerificationTag(0)) {
    ++around_.counters.inits_bad;
    return;
  }
  if (!around_.rules.Admit(from, EndpointPolicy::Ask::kInit, now)) return;
  ++around_.counters.inits;

  const auto init = InitChunk::Parse(chunk);
  if (!init || init->tag == VerificationTag(0)) {
    ++around_.counters.inits_bad;
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

  const SlotPlace place = PlaceOf(from, packet.header);
  Cookie cookie = CookieOf(around_.slots.NewIdentity(place), *init, *parameters, around_.settings);
  if (Slot* const slot = around_.slots.FindPlace(place);
      slot != nullptr && !FitToPresent(*slot, header, parameters->hosts, cookie, now))
    return;

  around_.replies.Add(from, header, [&](BufferWriter& out) {
    WriteInitAck(out, cookie, around_.cookies.Seal(cookie, now), around_.settings,
                 unrecognized.written());
  });
}

bool Responder::FitToPresent(Slot& slot, const CommonHeader& header, const std::vector<Host>& hosts,
                             Cookie& cookie, TimePoint now) {
  Association& present = *slot.association;
  // Section 9.2: the present association ends first; our answer to its SHUTDOWN was lost.
  if (present.closing() == Closing::State::kAckSent) {
    present.RepeatShutdownAck(now);
    around_.turns.Touch(slot);
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

void Responder::RefuseInit(const Address& from, const CommonHeader& header, CauseCode cause,
                           ByteView value) {
  ++around_.counters.inits_bad;
  around_.replies.Add(from, header, [&](BufferWriter& out) {
    ChunkScope abort(out, ChunkType::kAbort, 0);
    WriteCause(out, cause, value);
    abort.End();
  });
}

// The MAC is checked before anything else.
std::optional<Cookie> Responder::OnCookieEcho(const Address& from, const PacketView& packet,
                                              const ChunkView& chunk, TimePoint now) {
  const auto cookie = around_.cookies.Open(chunk.body, now);
  if (!cookie && cookie.error() == CookieFault::kStale) {
    ++around_.counters.cookies_stale;
    if (!around_.rules.Admit(from, EndpointPolicy::Ask::kCookieEcho, now)) return std::nullopt;

    // Of a stale cookie only the peer's tag is used, for the answer.
    if (const auto peer = CookieBox::PeerTagOf(chunk.body))
      around_.replies.Add(from, Turned(packet.header, *peer), [](BufferWriter& out) {
        ChunkScope error(out, ChunkType::kError, 0);
        WriteCause(out, CauseCode::kStaleCookie, Bytes(4));
        error.End();
      });
    return std::nullopt;
  }

  const SlotPlace place = PlaceOf(from, packet.header);
  if (!cookie || cookie->peer != from || cookie->peer_port != place.port ||
      cookie->own_port != place.own_port || cookie->own_tag != packet.header.tag) {
    ++around_.counters.cookies_forged;
    return std::nullopt;
  }
  return *cookie;
}

// Section 8.4.
void Responder::OnOutOfTheBlue(const Address& from, const PacketView& packet,
                               const ChunkView& first, TimePoint now) {
  ++around_.counters.packets_bad_tag;

  ChunkReader chunks(packet.chunks);
  while (const auto chunk = chunks.Next())
    if (chunk->type == ChunkType::kAbort) return;

  switch (first.type) {
    case ChunkType::kShutdownComplete:
    case ChunkType::kCookieAck:
    case ChunkType::kError:
    case ChunkType::kInitAck:
      return;
    default:
      break;
  }

  if (!around_.rules.Admit(from, EndpointPolicy::Ask::kOther, now)) return;
  ++around_.counters.out_of_the_blue;

  const ChunkType answer =
      first.type == ChunkType::kShutdownAck ? ChunkType::kShutdownComplete : ChunkType::kAbort;
  around_.replies.Add(from, Turned(packet.header, packet.header.tag),
                      [&](BufferWriter& out) { WriteChunk(out, answer, kReflectedTagFlag, {}); });
}

}  // namespace sctp
