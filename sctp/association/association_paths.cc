#include "sctp/association/association_paths.h"

#include <algorithm>

#include "sctp/path/peer_hosts.h"

namespace sctp {
namespace {

// One move may be followed by another at once, but not for ever.
constexpr int kMostMoves = 4;

// Chunks with which somebody who has seen one of its packets could do no harm: the order and the
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

AssociationPaths::AssociationPaths(const Around& around, const Address& peer, TimePoint now)
    : around_(around),
      peer_(peer),
      paths_(around.settings.paths, peer, around.random, now),
      packet_bytes_(around.settings.packet_bytes) {}

bool AssociationPaths::UsesPath(ChunkType type) {
  return type != ChunkType::kHeartbeat && type != ChunkType::kHeartbeatAck &&
         type != ChunkType::kPad;
}

void AssociationPaths::TakeHosts(const std::vector<Host>& hosts, TimePoint now) {
  if (!around_.settings.takes_hosts || hosts.empty()) return;
  const std::vector<Address> addresses = PathsOf(peer_, hosts);
  if (addresses.size() > 1) Offer(addresses, now);
}

std::vector<Host> AssociationPaths::HostsAdded(const std::vector<Host>& hosts) const {
  std::vector<Host> added;
  if (!around_.settings.takes_hosts) return added;
  for (const Address& address : PathsOf(peer_, hosts)) {
    const auto same = [&](const Path& path) { return path.address.host == address.host; };
    if (std::ranges::none_of(paths_.all(), same)) added.push_back(address.host);
  }
  return added;
}

void AssociationPaths::Offer(const std::vector<Address>& addresses, TimePoint now) {
  paths_.Offer(addresses, now);
  LimitPackets();
}

// A message that fits in one packet must fit in one on each of the paths.
void AssociationPaths::LimitPackets() {
  packet_bytes_ = around_.settings.packet_bytes;
  for (Path& path : paths_.all()) {
    std::size_t limit = around_.events.PacketBytes(path.address);
    if (around_.settings.search_mtu) {
      if (!path.mtu) path.mtu.emplace(limit);
      if (IsUsable(path)) limit = path.mtu->size_bytes();
    }
    packet_bytes_ = std::min(packet_bytes_, limit);
  }
  if (around_.sender) around_.sender->SetPacketBytes(packet_bytes_);
}

// The right tag came from another address. Only somebody on the path between us can know the tag,
// so chunks that SCTP itself protects are accepted; chunks that end an association are not, until
// the peer has proven that it is there.
bool AssociationPaths::OnPacketElsewhere(const Address& from, const PacketView& packet,
                                         bool follow_anywhere, TimePoint now) {
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
    // A NAT may change its ports at any time, and we follow; to another host we move only if it is
    // known.
    const Address& present = active().address;
    const bool near = from.host == present.host && from.carrier == present.carrier;
    path = near || follow_anywhere ? paths_.Learn(from, now) : nullptr;
    if (path == nullptr) return false;
    LimitPackets();
  }

  // The peer probes an idle path, or a NAT gave an idle peer another port: is the peer there, and
  // is it still where it was?
  if (heartbeat && is_new) Probe(paths_.active(), now);
  if (paths_.OnReceived(*path, from, uses, now)) Probe(*path, now);
  due_ = true;
  return true;
}

void AssociationPaths::BeginPacket(const Address& from) {
  from_ = from;
  uses_path_ = false;
}

void AssociationPaths::EndPacket(bool got_data, TimePoint now) {
  if (uses_path_ && IsInUse(from_)) paths_.OnUsed(now);
  if (!got_data) return;
  data_from_.reset();
  if (IsInUse(from_)) return;
  const Path* path = paths_.Find(from_);
  if (path != nullptr && path->is_proven()) data_from_ = path->address;
}

bool AssociationPaths::OnHeartbeat(ByteView body, TimePoint now) {
  if (IsInUse(from_)) return true;
  elsewhere_.Answer(from_, body, packet_bytes_, now);
  return false;
}

bool AssociationPaths::OnHeartbeatAck(ByteView info, Duration patience, TimePoint now) {
  Path* const path = paths_.Find(from_);
  if (path != nullptr && path->mtu && path->mtu->OnAnswer(info, now)) {
    LimitPackets();
    SettleMtu(patience, now);
    return true;
  }
  if (!paths_.OnAnswer(from_, info, now)) return false;
  LimitPackets();  // it may be used from now on
  due_ = true;
  return true;
}

void AssociationPaths::Probe(Path& path, TimePoint now) {
  const Paths::Order order = paths_.Probe(path, now);
  elsewhere_.Ask(order.to, order.nonce);
}

void AssociationPaths::AskByOthers(ByteView info) {
  for (const Path& path : paths_.all())
    if (path.is_proven() && &path != &active()) elsewhere_.Ask(path.address, info);
}

Paths::Load AssociationPaths::LoadOfPath() const {
  const Sender& sender = *around_.sender;
  return {sender.flight().waiting_since(), sender.flight().acknowledged(),
          sender.round_trip().smoothed()};
}

void AssociationPaths::Settle(TimePoint now) {
  if (!std::exchange(due_, false)) return;
  for (int moves = 0; moves < kMostMoves; ++moves) {
    orders_.clear();
    paths_.OnTime(LoadOfPath(), now, orders_);
    for (const Paths::Order& order : orders_) elsewhere_.Ask(order.to, order.nonce);
    Path* const wish = paths_.TakeWish();
    if (wish == nullptr) return;
    MoveTo(*wish, now);
  }
}

void AssociationPaths::OnTimer(Duration patience, TimePoint now) {
  due_ = paths_.several();
  SettleMtu(patience, now);
}

TimePoint AssociationPaths::NextTimer() const {
  TimePoint next = paths_.NextTimer(LoadOfPath());
  if (!around_.settings.search_mtu) return next;
  for (const Path& path : paths_.all())
    if (path.mtu && IsUsable(path)) next = std::min(next, path.mtu->NextTimer());
  return next;
}

void AssociationPaths::DoubtSize(Duration patience, TimePoint now) {
  if (!active().mtu) return;
  paths_.active().mtu->Doubt(now);
  SettleMtu(patience, now);
}

void AssociationPaths::SettleMtu(Duration patience, TimePoint now) {
  if (!around_.settings.search_mtu) return;
  bool changed = false;
  for (Path& path : paths_.all()) {
    if (!path.mtu || !IsUsable(path)) continue;
    // A small heartbeat goes with each, and shows whether only large packets get lost.
    changed |= path.mtu->OnTime(path.last_received > path.mtu->sent(), now);
    const auto size = path.mtu->Due(now);
    if (!size) continue;
    PathNonce nonce;
    around_.random.Fill(nonce);
    elsewhere_.Ask(path.address, nonce, *size);
    Probe(path, now);
    path.mtu->OnSent(nonce, std::max(patience, 3 * path.smoothed), now);
  }
  if (changed) LimitPackets();
}

// TSNs continue; what is known about a path stays with it (Sender::Move).
void AssociationPaths::MoveTo(Path& path, TimePoint now) {
  Sender& sender = *around_.sender;
  const bool failed = paths_.suspect();
  ++around_.counters.moves;
  if (failed) ++around_.counters.failovers;
  PathFlow flow =
      path.flow ? std::move(*path.flow) : sender.NewFlow(around_.events.PacketBytes(path.address));
  path.flow.reset();
  if (!flow.round_trip.known() && path.smoothed > Duration::zero())
    flow.round_trip.OnSample(path.smoothed);
  paths_.active().flow = std::make_unique<PathFlow>(sender.Move(std::move(flow)));
  paths_.MoveTo(path, now);
  around_.heartbeats.OnMoved();
  around_.events.OnMoved(path.address, failed);
}

}  // namespace sctp
