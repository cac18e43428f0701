#include "funnel-sctpd/daemon/status.h"

#include <unistd.h>

#include "common/base/json_writer.h"
#include "common/base/version.h"

namespace funnel::sctpd {
namespace {

// How many entries are listed where others can make the list grow.
constexpr std::size_t kMaxListed = 64;

std::string_view StateOf(const Peer* peer, const Association* association) {
  if (association != nullptr) {
    switch (association->state()) {
      case AssociationState::kConnecting:
        return "connecting";
      case AssociationState::kVerifying:
        return "verifying";
      case AssociationState::kUp:
        return "up";
      case AssociationState::kEnding:
        return "down";
    }
  }

  if (peer == nullptr) return "down";
  switch (peer->dialling().dialer().state()) {
    case Dialer::State::kWaiting:
      return "waiting";
    case Dialer::State::kResolving:
    case Dialer::State::kConnecting:
      return "connecting";
    case Dialer::State::kIdle:
    case Dialer::State::kConnected:
      break;
  }
  return "down";
}

std::optional<std::int64_t> RetryIn(const Peer* peer, TimePoint now) {
  if (peer == nullptr || !peer->dialling().dialer().due()) return std::nullopt;
  auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(*peer->dialling().dialer().due() - now);
  return std::max<std::int64_t>(left.count(), 0);
}

// The candidates that are being tried, for the first association or in parallel with the one in
// use.
void WriteTrying(JsonWriter& out, const Peer* peer) {
  out.Key("trying").Open('[');
  if (peer != nullptr)
    for (const Attempts* attempts :
         {&peer->dialling().dialer().attempts(), &peer->failback().attempts()})
      for (const auto& one : attempts->running()) out.Value(PathText(one.candidate.path()));
  out.Close(']');
}

// What the engine knows about a path, besides its round trip.
void WriteFlow(JsonWriter& out, const sctp::PathStats& path) {
  out.Field("least_rtt_ms", static_cast<double>(path.least_rtt.count()) / 1000);
  out.Field("packet_bytes", path.mtu_bytes).Field("window_bytes", path.cwnd_bytes);
  out.Field("in_flight_bytes", path.in_flight_bytes);
  out.Field("delivery_rate", static_cast<std::uint64_t>(path.delivery_rate));
  out.Field("pacing_rate", static_cast<std::uint64_t>(path.pacing_rate));
  out.Field("lost", path.lost_chunks).Field("retransmitted", path.retransmitted_chunks);
  out.Field("spurious", path.spurious_chunks);
  out.TextOrNull("congestion", std::string(path.congestion));
}

void WritePaths(JsonWriter& out, const sctp::AssociationStats& stats,
                const Association* association) {
  out.Key("paths").Open('[');
  for (const sctp::PathStats& path : stats.paths) {
    out.Open('{').Field("address", path.address.text()).Field("carrier", Name(path.carrier));
    out.Field("state", sctp::Name(path.state));
    out.Field("srtt_ms", static_cast<double>(path.srtt.count()));
    WriteFlow(out, path);
    out.Close('}');
  }
  out.Close(']');
  const bool moved = association != nullptr && association->last_move;
  out.TextOrNull("last_move", moved ? association->last_move->text : "");
  out.Field("moved", moved ? std::optional(association->last_move->unix_time) : std::nullopt);
}

// Why direct SCTP is not in use although carrier = auto.
void WriteNotDirect(JsonWriter& out, const Peer* peer, TimePoint now) {
  bool by_udp = peer != nullptr && peer->config().carrier == config::Carrier::kAuto &&
                (peer->up() == nullptr || peer->up()->carrier == sctp::Carrier::kUdp);
  out.TextOrNull("not_direct", by_udp ? peer->addresses().direct().why_not() : "");
  std::optional<std::int64_t> in_ms;
  if (by_udp && peer->addresses().direct().from() > now)
    in_ms = std::chrono::ceil<std::chrono::milliseconds>(peer->addresses().direct().from() - now)
                .count();
  out.Field("direct_retry_in_ms", in_ms);
}

// The association that the dialer is making, for a peer that is not up.
const Association* AtWork(const StatusInput& in, const Peer& peer) {
  if (peer.up() != nullptr) return peer.up();
  if (peer.dialling().verifying() != nullptr) return peer.dialling().verifying();
  const auto& running = peer.dialling().dialer().attempts().running();
  if (running.empty()) return nullptr;
  auto found = in.associations.associations().find(running.front().id);
  return found == in.associations.associations().end() ? nullptr : found->second.get();
}

// Either may be missing: the association of a peer that is down, the peer of a stranger.
void WriteAssociation(JsonWriter& out, const SharedState& shared, const Peer* peer,
                      const Association* association) {
  bool up = association != nullptr && association->up();
  sctp::AssociationStats stats;
  if (association != nullptr) stats = shared.engine->Stats(association->id());

  out.Open('{');
  out.TextOrNull("peer", peer != nullptr ? peer->config().name : "");
  out.TextOrNull("node", peer != nullptr ? peer->config().node : "");
  out.Field("state", StateOf(peer, association));
  out.TextOrNull("direction", association == nullptr ? "" : association->outgoing() ? "out" : "in");
  out.TextOrNull("carrier", association == nullptr ? "" : Name(association->carrier));
  out.TextOrNull("address", association == nullptr ? "" : association->address.text());
  out.Field("since",
            association == nullptr ? std::optional<std::int64_t>() : association->since_unix);
  out.Field("verified", up);
  out.TextOrNull("verified_node", up ? association->verified()->node : "");
  out.Field("srtt_ms", stats.paths.empty() ? std::optional<double>()
                                           : static_cast<double>(stats.paths.front().srtt.count()));
  out.Field("retry_in_ms", association == nullptr ? RetryIn(peer, shared.now()) : std::nullopt);
  out.TextOrNull("reason", up || peer == nullptr ? "" : peer->dialling().reason());

  WritePaths(out, stats, association);
  WriteTrying(out, peer);
  WriteNotDirect(out, peer, shared.now());

  out.Field("streams",
            association == nullptr ? std::optional<std::uint16_t>() : association->stream_count);
  out.Field("channels", association == nullptr ? 0 : association->channels);
  out.Field("packets_sent", stats.packets_out).Field("packets_received", stats.packets_in);
  out.Field("bytes_sent", stats.bytes_out).Field("bytes_received", stats.bytes_in);
  out.Field("retransmitted", stats.retransmitted_chunks);
  out.Close('}');
}

void WriteAssociations(JsonWriter& out, const StatusInput& in) {
  out.Key("associations").Open('[');
  for (const auto& [name, peer] : in.associations.peers())
    WriteAssociation(out, in.shared, peer.get(), AtWork(in, *peer));

  std::size_t strangers = 0, omitted = 0;
  for (const auto& [id, association] : in.associations.associations()) {
    if (!association->peer.empty() || association->state() == AssociationState::kEnding) continue;
    if (++strangers <= kMaxListed)
      WriteAssociation(out, in.shared, nullptr, association.get());
    else
      ++omitted;
  }
  out.Close(']').Field("associations_omitted", omitted);
}

std::string_view StateOf(const Channel& channel) {
  // How far it is between the two edges, only they know.
  if (channel.note && channel.state() != ChannelState::kClosing) {
    switch (channel.note->state) {
      case ipc::NoteState::kWaiting:
        return "waiting";
      case ipc::NoteState::kOpening:
        return "opening";
      case ipc::NoteState::kOpen:
        return "open";
      case ipc::NoteState::kRefused:
        return "refused";
      case ipc::NoteState::kFailed:
        return "failed";
      case ipc::NoteState::kClosing:
        return "closing";
    }
  }

  return Name(channel.state());
}

void WriteChannel(JsonWriter& out, const Channel& channel) {
  const Channel::StreamUse* stream = channel.stream();
  out.Open('{');
  out.TextOrNull("service", channel.service).Field("peer", channel.peer);
  out.Field("stream", stream ? std::optional<std::uint16_t>(stream->id.value()) : std::nullopt);
  out.Field("channel", stream ? std::optional<std::uint32_t>(channel.id.value()) : std::nullopt);
  out.Field("role", channel.side.RoleText(channel));
  out.TextOrNull("relay_peer", channel.relay ? channel.relay->peer : "");
  out.Field("number", channel.number);
  out.Field("state", StateOf(channel));

  out.TextOrNull("local_principal", channel.note ? channel.note->local_principal : "");
  out.TextOrNull("remote_principal", channel.note ? channel.note->remote_principal : "");
  out.TextOrNull("reason", channel.reason);
  out.Field("reason_authenticated", channel.reason_authenticated);
  const bool sealed = channel.note && channel.note->suite != 0;
  out.Field("suite", sealed ? std::optional<std::uint16_t>(channel.note->suite) : std::nullopt);
  out.TextOrNull("suite_reason", sealed ? channel.note->suite_reason : "");
  out.Field("since", channel.since_unix);

  out.Field("frames_sent", channel.stats.frames_sent);
  out.Field("frames_received", channel.stats.frames_received);
  out.Field("bytes_sent", channel.stats.bytes_sent);
  out.Field("bytes_received", channel.stats.bytes_received);
  out.Field("frames_dropped", channel.stats.frames_dropped);
  out.Field("queued_bytes", channel.link != nullptr ? channel.link->pending_bytes() : 0);
  out.Close('}');
}

void WriteChannels(JsonWriter& out, const StatusInput& in) {
  const auto& channels = in.channels.channels();
  std::size_t omitted = channels.size() > kMaxListed ? channels.size() - kMaxListed : 0;
  out.Key("channels").Open('[');
  std::size_t at = 0;
  for (const auto& [number, channel] : channels)
    if (at++ >= omitted) WriteChannel(out, *channel);
  out.Close(']').Field("channels_omitted", omitted);
}

void WriteRefusals(JsonWriter& out, const Refusals& refusals) {
  std::size_t size = refusals.kept().size();
  std::size_t skipped = size > kMaxListed ? size - kMaxListed : 0;
  out.Key("refusals").Open('[');
  for (std::size_t i = skipped; i < size; ++i) {
    const Refusal& refusal = refusals.kept()[i];
    out.Open('{').Field("when", refusal.when).TextOrNull("service", refusal.service);
    out.Field("peer", refusal.peer);
    out.Field("direction", refusal.direction == Refusal::Direction::kIn ? "in" : "out");
    out.Field("code", refusal.code).Field("text", refusal.text);
    out.Field("authenticated", refusal.authenticated).Close('}');
  }
  out.Close(']').Field("refusals_omitted", refusals.omitted() + skipped);
}

}  // namespace

std::string MakeStatus(const StatusInput& in) {
  JsonWriter out;
  out.Open('{').Field("daemon", "funnel-sctpd").Field("version", kVersion);
  out.Field("pid", ::getpid()).Field("started", in.started_unix);
  out.Field("node", in.shared.config.node.name).Field("engine", in.shared.engine->name());
  out.Key("listen").Open('[');
  for (const auto& address : in.listen) out.Value(address);
  out.Close(']');
  out.Field("authd_connected", in.shared.authd.connected());
  WriteAssociations(out, in);
  WriteChannels(out, in);
  WriteRefusals(out, in.channels.refusals());
  out.Close('}');
  return out.Take();
}

}  // namespace funnel::sctpd
