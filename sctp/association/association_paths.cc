// Association: by which path what comes and goes.
#include <algorithm>

#include "sctp/association/association.h"
#include "sctp/path/peer_hosts.h"
#include "sctp/wire/parameter.h"

namespace sctp {
namespace {

// What waits to leave by other paths; what is over it is lost, as packets may be.
constexpr std::size_t kMostElsewhere = 64;
// One move can be followed by another at once, but not for ever.
constexpr int kMostMoves = 4;

// What somebody who has seen one of its packets could do no harm with: the order and the
// acknowledgements of data are protected by its numbers.
bool IsHarmless(ChunkType type) {
  switch (type) {
    case ChunkType::kData:
    case ChunkType::kIData:
    case ChunkType::kSack:
    case ChunkType::kForwardTsn:
    case ChunkType::kIForwardTsn:
    case ChunkType::kHeartbeat:
    case ChunkType::kHeartbeatAck:
    case ChunkType::kPad:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Association::UsesPath(ChunkType type) {
  return type != ChunkType::kHeartbeat && type != ChunkType::kHeartbeatAck &&
         type != ChunkType::kPad;
}

void Association::TakeHosts(const std::vector<Host>& hosts, TimePoint now) {
  if (!settings_.takes_hosts || hosts.empty()) return;
  const std::vector<Address> addresses = PathsOf(identity_.peer, hosts);
  if (addresses.size() > 1) OfferPaths(addresses, now);
}

std::vector<Host> Association::HostsAdded(const std::vector<Host>& hosts) const {
  std::vector<Host> added;
  if (!settings_.takes_hosts) return added;
  for (const Address& address : PathsOf(identity_.peer, hosts)) {
    const auto same = [&](const Path& path) { return path.address.host == address.host; };
    if (std::ranges::none_of(paths_.all(), same)) added.push_back(address.host);
  }
  return added;
}

void Association::OfferPaths(const std::vector<Address>& addresses, TimePoint now) {
  paths_.Offer(addresses, now);
  LimitPackets();
}

// What travels in one packet does so by each of the paths.
void Association::LimitPackets() {
  packet_bytes_ = settings_.packet_bytes;
  for (Path& path : paths_.all()) {
    std::size_t limit = around_.events.PacketBytes(path.address);
    if (settings_.search_mtu) {
      if (!path.mtu) path.mtu.emplace(limit);
      if (IsUsable(path)) limit = path.mtu->size_bytes();
    }
    packet_bytes_ = std::min(packet_bytes_, limit);
  }
  if (sender_) sender_->SetPacketBytes(packet_bytes_);
}

// The right tag from another address: nobody off the way between us knows it, so what SCTP itself
// protects is taken; what ends an association is not, until the peer has proven to be there.
bool Association::TakeFromElsewhere(const Address& from, const PacketView& packet, TimePoint now) {
  if (!up()) return false;
  bool heartbeat = false, uses = false, harmless = true;
  ChunkReader chunks(packet.chunks);
  while (const auto chunk = chunks.Next()) {
    heartbeat |= chunk->type == ChunkType::kHeartbeat;
    uses |= UsesPath(chunk->type);
    harmless &= IsHarmless(chunk->type);
  }

  Path* path = paths_.Find(from);
  const bool is_new = path == nullptr;
  if ((is_new || !path->is_proven()) && (!harmless || !paths_.MayLookElsewhere(now))) return false;
  if (is_new) {
    // A NAT that changes its ports is followed at any time; to another host only one that is known.
    const Address& present = paths_.active().address;
    const bool near = from.host == present.host && from.carrier == present.carrier;
    path = near || trusted_ ? paths_.Learn(from, now) : nullptr;
    if (path == nullptr) return false;
    LimitPackets();
  }

  // By an idle path of the peer's, or because a NAT gave an idle peer another port: is it there,
  // and is it still where it was?
  const auto probe = [&](Path& to) {
    const Paths::Order order = paths_.Probe(to, now);
    SendHeartbeat(order.to, order.nonce);
  };
  if (heartbeat && is_new) probe(paths_.active());
  if (paths_.OnHeard(*path, from, uses, now)) probe(*path);
  paths_due_ = true;
  return true;
}

// SACKs go where the data came from (RFC 9260 section 6.4): our own path may be the dead one.
void Association::NoteDataFrom(const Address& from) {
  data_from_.reset();
  if (from == paths_.active().address) return;
  const Path* path = paths_.Find(from);
  if (path != nullptr && path->is_proven()) data_from_ = path->address;
}

// Where it came from (section 8.3).
void Association::AnswerHeartbeat(const ChunkView& chunk, TimePoint now) {
  if (from_ == paths_.active().address)
    Answer(ChunkType::kHeartbeatAck, 0, chunk.body);
  else if (elsewhere_answers_.Take(now))
    SendElsewhere(from_, ChunkType::kHeartbeatAck, chunk.body);
}

void Association::SendElsewhere(const Address& to, ChunkType type, ByteView body,
                                std::size_t pad_to) {
  const std::size_t size = Padded(kChunkHeaderSize + body.size());
  if (elsewhere_.size() >= kMostElsewhere || size > packet_bytes_ - kCommonHeaderSize) return;
  Elsewhere& added = elsewhere_.emplace_back(Elsewhere{to, Bytes(size), pad_to});
  BufferWriter out(added.chunk);
  WriteChunk(out, type, 0, body);
}

void Association::SendHeartbeat(const Address& to, ByteView info, std::size_t pad_to) {
  std::uint8_t raw[kTlvHeaderSize + std::tuple_size_v<PathNonce>];
  BufferWriter body(raw);
  WriteParameter(body, ParameterType::kHeartbeatInfo, info);
  SendElsewhere(to, ChunkType::kHeartbeat, body.written(), pad_to);
}

std::size_t Association::NextElsewhere(MutableByteView buffer, TimePoint now) {
  if (!up()) return 0;
  const bool sack =
      data_from_ && receiver_->ack().Due(now) && *data_from_ != paths_.active().address;
  if (!sack && elsewhere_.empty()) return 0;
  const std::size_t room =
      sack ? packet_bytes_ : std::max(packet_bytes_, elsewhere_.front().pad_to);
  PacketWriter packet(buffer.first(std::min(room, buffer.size())),
                      {identity_.own_port, identity_.peer_port, identity_.peer_tag});
  if (sack) {
    destination_ = *data_from_;
    if (receiver_->WriteSack(packet.out())) ++counters_.sacks_out;
  } else {
    destination_ = elsewhere_.front().to;
    const Elsewhere& next = elsewhere_.front();
    packet.out().Append(next.chunk);
    // RFC 4820: nobody looks at what is in it.
    must_stay_whole_ = next.pad_to > 0;
    if (next.pad_to >= packet.size() + kChunkHeaderSize)
      WritePad(packet.out(), next.pad_to - packet.size());
    elsewhere_.pop_front();
  }
  return Finish(packet, /*with_data=*/false, now);
}

// A question of an end goes by every path that is proven: the one in use may be silent. Not that of
// a SHUTDOWN, whose HEARTBEAT means something behind its SHUTDOWN ACK only.
void Association::AskByAllPaths() {
  if (question_.asked(EndQuestion::About::kShutdown)) return;
  for (const Path& path : paths_.all())
    if (path.is_proven() && &path != &paths_.active())
      SendHeartbeat(path.address, question_.newest());
}

Paths::Load Association::LoadOfPath() const {
  return {sender_->flight().waiting_since(), sender_->flight().acknowledged(),
          sender_->round_trip().smoothed()};
}

void Association::SettlePaths(TimePoint now) {
  for (int moves = 0; moves < kMostMoves; ++moves) {
    orders_.clear();
    paths_.OnTime(LoadOfPath(), now, orders_);
    for (const Paths::Order& order : orders_) SendHeartbeat(order.to, order.nonce);
    Path* const wish = paths_.TakeWish();
    if (wish == nullptr) return;
    MoveTo(*wish, now);
  }
}

TimePoint Association::NextMtuTimer() const {
  TimePoint next = TimePoint::max();
  if (!settings_.search_mtu) return next;
  for (const Path& path : paths_.all())
    if (path.mtu && IsUsable(path)) next = std::min(next, path.mtu->NextTimer());
  return next;
}

void Association::SettleMtu(TimePoint now) {
  if (!settings_.search_mtu || !up()) return;
  bool changed = false;
  for (Path& path : paths_.all()) {
    if (!path.mtu || !IsUsable(path)) continue;
    // A small heartbeat goes along with each, and shows whether only what is large got lost.
    changed |= path.mtu->OnTime(path.heard > path.mtu->sent(), now);
    const auto size = path.mtu->Due(now);
    if (!size) continue;
    PathNonce nonce;
    around_.random.Fill(nonce);
    SendHeartbeat(path.address, nonce, *size);
    const Paths::Order small = paths_.Probe(path, now);
    SendHeartbeat(small.to, small.nonce);
    path.mtu->OnSent(nonce, std::max(ProbeTimeout(), 3 * path.smoothed), now);
  }
  if (changed) LimitPackets();
}

// TSNs go on; what is known of a path stays with it (design of sender.h's Move).
void Association::MoveTo(Path& path, TimePoint now) {
  const bool failed = paths_.suspect();
  ++counters_.moves;
  if (failed) ++counters_.failovers;
  PathFlow flow = path.flow ? std::move(*path.flow)
                            : sender_->NewFlow(around_.events.PacketBytes(path.address));
  path.flow.reset();
  if (!flow.round_trip.known() && path.smoothed > Duration::zero())
    flow.round_trip.OnSample(path.smoothed);
  paths_.active().flow = std::make_unique<PathFlow>(sender_->Move(std::move(flow)));
  paths_.MoveTo(path, now);
  heartbeats_.OnMoved();
  around_.events.OnMoved(path.address, failed);
}

}  // namespace sctp
