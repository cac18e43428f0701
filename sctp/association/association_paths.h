// Chooses the paths by which an association sends and receives: which packets from other addresses
// are read, what is sent by other paths than the one in use, how large packets are, and when to
// move to another path. Paths decides which path is the best; the sender keeps what is known about
// the one in use.
//
// Owned by the association. For each packet call OnPacketElsewhere or OnPacketInUse, OnChunk for
// its chunks, EndPacket, and Settle when all of it was read.
#pragma once

#include <optional>
#include <vector>

#include "sctp/association/elsewhere.h"
#include "sctp/association/events.h"
#include "sctp/association/settings.h"
#include "sctp/path/heartbeats.h"
#include "sctp/path/paths.h"
#include "sctp/send/sender.h"

namespace sctp {

class AssociationPaths {
 public:
  // All of it outlives this. SENDER is set if the association is or was up.
  struct Around {
    const AssociationSettings& settings;
    RandomSource& random;
    AssociationEvents& events;
    std::optional<Sender>& sender;
    Heartbeats& heartbeats;
    AssociationCounters& counters;
  };
  // The handshake is with PEER.
  AssociationPaths(const Around& around, const Address& peer, TimePoint now);

  // The peer has also HOSTS, which it lists in its INIT, INIT ACK or cookie.
  void TakeHosts(const std::vector<Host>& hosts, TimePoint now);
  // Those of HOSTS that are new.
  [[nodiscard]] std::vector<Host> HostsAdded(const std::vector<Host>& hosts) const;
  // Paths::Offer.
  void Offer(const std::vector<Address>& addresses, TimePoint now);
  // Call it when the largest packet of a path may have changed.
  void LimitPackets();

  [[nodiscard]] bool IsInUse(const Address& from) const { return from == active().address; }
  // A packet with the right tag came from another address, for an association that is up.
  // FOLLOW_ANYWHERE: an unknown host may be a path of the peer's, too. False: nothing of it is
  // read.
  [[nodiscard]] bool OnPacketElsewhere(const Address& from, const PacketView& packet,
                                       bool follow_anywhere, TimePoint now);
  void OnPacketInUse(const Address& from) { paths_.active().address.local = from.local; }
  void BeginPacket(const Address& from);
  void OnChunk(ChunkType type) { uses_path_ |= UsesPath(type); }
  void EndPacket(bool got_data, TimePoint now);
  // True: answer it by the path in use. False: it is answered to where it came from (RFC 9260
  // section 8.3).
  [[nodiscard]] bool OnHeartbeat(ByteView body, TimePoint now);
  // INFO is that of a HEARTBEAT ACK. False: it answers nothing that was asked here. PATIENCE is how
  // long an answer may take on the path in use.
  [[nodiscard]] bool OnHeartbeatAck(ByteView info, Duration patience, TimePoint now);

  // Changes the path, and probes others, if that is due.
  void Settle(TimePoint now);
  void OnTimer(Duration patience, TimePoint now);
  // Data of the largest size does not seem to arrive on the path in use.
  void DoubtSize(Duration patience, TimePoint now);
  [[nodiscard]] TimePoint NextTimer() const;
  // Sends a HEARTBEAT with INFO by every proven path except the one in use.
  void AskByOthers(ByteView info);

  // What is sent by other paths.
  [[nodiscard]] Elsewhere& elsewhere() { return elsewhere_; }
  // Where SACKs go, if not by the path in use: to where the data came from (section 6.4), because
  // our own path may be the dead one.
  [[nodiscard]] const Address* SacksElsewhere() const {
    return data_from_ && !IsInUse(*data_from_) ? &*data_from_ : nullptr;
  }
  // The largest packet that is sent, except those that test whether larger ones arrive.
  [[nodiscard]] std::size_t packet_bytes() const { return packet_bytes_; }
  [[nodiscard]] const Paths& paths() const { return paths_; }
  [[nodiscard]] const Path& active() const { return paths_.active(); }

 private:
  // Whether a chunk of TYPE shows that its sender uses the path.
  [[nodiscard]] static bool UsesPath(ChunkType type);
  [[nodiscard]] bool IsUsable(const Path& path) const {
    return path.is_proven() || &path == &paths_.active();
  }
  // What the sender knows about the path in use.
  [[nodiscard]] Paths::Load LoadOfPath() const;
  void Probe(Path& path, TimePoint now);
  void MoveTo(Path& path, TimePoint now);
  // Sends the probes for larger packets that are due, and adopts what earlier ones have shown.
  void SettleMtu(Duration patience, TimePoint now);

  Around around_;
  const Address peer_;
  Paths paths_;
  Elsewhere elsewhere_;
  std::size_t packet_bytes_;
  std::vector<Paths::Order> orders_;
  Address from_;                      // where the packet that is being read came from
  bool uses_path_ = false;            // it has more than heartbeats
  std::optional<Address> data_from_;  // the sender of the last data, if not the path in use
  bool due_ = false;                  // something has come after which the paths must be settled
};

}  // namespace sctp
