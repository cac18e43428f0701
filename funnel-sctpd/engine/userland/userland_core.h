// The userland engine without sockets: SCTP by libusrsctp, packets by a PacketLink.
// userland_engine.h makes one with sockets.
//
// A packet's way in: PacketLink -> Inspect (sound at all?) -> which association, or a stranger
// within limits? -> libusrsctp
// -> whole messages and changes, told to the observer. Its way out: libusrsctp -> split, checksum
// -> OutputQueue -> PacketLink.
//
// For libusrsctp a peer is a port number (PeerPort), a keyed hash of its address: an INIT from a
// stranger leaves nothing behind, neither here nor there, and its COOKIE ECHO still finds the same
// port (if another peer has got it meanwhile, the cookie is void, and the stranger begins again).
#pragma once

#include <memory>
#include <string>

#include "common/base/siphash.h"
#include "funnel-sctpd/engine/packet/inspect.h"
#include "funnel-sctpd/engine/packet/packet_link.h"
#include "funnel-sctpd/engine/packet/split.h"
#include "funnel-sctpd/engine/settings.h"
#include "funnel-sctpd/engine/strangers.h"
#include "funnel-sctpd/engine/userland/association.h"

namespace funnel::sctp {

class UserlandCore : public Engine, private PacketLink::Sink, private stack::Output {
 public:
  // OBSERVER outlives the engine.
  [[nodiscard]] static Result<std::unique_ptr<UserlandCore>> Make(const Settings& settings,
                                                                  std::unique_ptr<PacketLink> link,
                                                                  EngineObserver& observer);
  ~UserlandCore() override;

  std::string_view name() const override { return "userland"; }
  Result<AssociationId> Connect(const Target& target) override;
  SendStatus Send(AssociationId association, StreamId stream, ByteView message,
                  const SendOptions& options) override;
  void Shutdown(AssociationId association) override;
  void Abort(AssociationId association, std::string_view reason) override;
  std::size_t MaxUnfragmented(AssociationId association) const override;
  AssociationStats Stats(AssociationId association) const override;
  EngineCounters counters() const override;
  bool OfferPaths(AssociationId association, std::vector<PeerPath> paths) override;
  void SetKnownHosts(std::vector<TransportAddress> hosts) override {
    strangers_.SetKnownHosts(hosts);
  }
  void Trust(AssociationId association) override;
  std::vector<int> fds() const override { return link_->fds(); }
  bool wants_writable(int fd) const override { return wants_writable_ && link_->IsFull(fd); }
  TimePoint NextTimer() const override;
  void OnReadable() override;
  void OnTimer() override;
  void Flush() override;

 private:
  // Whose packet libusrsctp is looking at.
  struct Input {
    PeerKey key;
    Route route;
    PeerPort port;
    std::uint64_t generation = 0;
  };
  struct Ended {
    AssociationId id;
    DownReason reason;
    std::string text;
  };

  // As bulk comes from those who send it.
  static constexpr std::size_t kBulkFrameBytes = 16 * 1024;

  UserlandCore(const Settings& settings, std::unique_ptr<PacketLink> link,
               EngineObserver& observer);
  [[nodiscard]] Result<> Open();
  // nullopt: too many ports are taken.
  [[nodiscard]] std::optional<PeerPort> PortFor(const PeerKey& key, std::uint64_t generation) const;
  [[nodiscard]] bool HasBegun(const PeerKey& key) const;
  // Of an IP packet: what lies before SCTP.
  [[nodiscard]] static std::size_t HeadersBelow(const TransportAddress& peer);
  [[nodiscard]] std::size_t PacketLimit(const TransportAddress& peer) const;

  // In (userland_input.cc).
  void OnPacket(const Route& route, MutableByteView packet) override;
  void OnPeerPacket(Association& association, const PacketSummary& summary, const Route& route,
                    MutableByteView packet);
  void OnWrongTag(Association& association, const PacketSummary& summary, const Route& route,
                  MutableByteView packet);
  void OnOtherPort(const PacketSummary& summary, const Route& route, bool begins);
  void TakeIn(Association& association, const PacketSummary& summary, MutableByteView packet);
  void OnStrangerPacket(const PacketSummary& summary, const PeerKey& key, const Route& route,
                        std::uint64_t generation, MutableByteView packet);
  [[nodiscard]] bool MayAssociate(const PeerKey& key);
  void IntoStack(PeerPort port, MutableByteView packet);
  void Answer(const Route& route, const PacketSummary& summary);

  // Paths (userland_paths.cc).
  void OnOtherPath(Association& association, const PacketSummary& summary, const Route& route,
                   MutableByteView packet);
  void OnRefusedPath(const PacketSummary& summary, const PeerKey& key);
  [[nodiscard]] bool TakeHeartbeats(Association& association, const PacketSummary& summary,
                                    const Route& route, MutableByteView packet);
  void AnswerHeartbeat(Association& association, const PacketSummary& summary, const Route& route,
                       const Chunk& heartbeat);
  void SendProbe(Association& association, const Paths::Order& order);
  void CheckPaths(Association& association, std::size_t queued_bytes, TimePoint now);
  void MoveTo(Association& association, const Route& route, TimePoint now);
  void LimitPackets(Association& association);
  void TellMoved();

  // Events from libusrsctp (userland_events.cc).
  void Drain();
  [[nodiscard]] SctpEndpoint::Event NextEvent();
  [[nodiscard]] bool TakeLinuxFragments();
  void OnMessage(const SctpEndpoint::Event& event);
  void OnUp(const SctpEndpoint::Event& event);
  void OnUpIncoming(const SctpEndpoint::Event& event);
  void FinishUp(Association& association, const SctpEndpoint::Event& event);
  void OnLost(const SctpEndpoint::Event& event);
  void TellEnded();
  void TellWritable();

  // Out (userland_output.cc).
  [[nodiscard]] std::size_t UnsentLimit(const Association& association) const;
  [[nodiscard]] bool MustHold(const Association& association) const;
  [[nodiscard]] bool MayGo(const Association& association, std::size_t bytes) const;
  void NoteTurn(Association& association, std::size_t bytes) const;
  [[nodiscard]] SendStatus Hold(Association& association, StreamId stream, ByteView message,
                                const SendOptions& options);
  [[nodiscard]] SendStatus IntoStack(Association& association, StreamId stream, ByteView message,
                                     const SendOptions& options);
  void SendHeld();
  void SendHeld(Association& association, TimePoint now);
  void OnStackOutput(ByteView packet) override;
  [[nodiscard]] ByteView WithoutEarlyResends(Association& association, ByteView packet);
  [[nodiscard]] bool MayLeave(Association& association, const Chunk& chunk, TimePoint now);

  // Ends ASSOCIATION here and in the stack; the peer is told unless QUIETLY. OnDown follows.
  void End(Association& association, DownReason reason, std::string text, bool quietly = false);
  void CheckTime(TimePoint now);
  void AdjustToLoad(Association& association, std::size_t queued_bytes, TimePoint now);
  void LookForLargePackets(Association& association, ByteView packet);
  void OnAcknowledged(Association& association, std::uint32_t cumulative_tsn);
  [[nodiscard]] bool HasRoom(const Association& association, std::size_t more_bytes,
                             bool large) const;

  const Settings settings_;
  EngineObserver& observer_;
  std::unique_ptr<PacketLink> link_;
  // libusrsctp's names for us: its port, and the address that all our peers have there.
  struct StackNames {
    std::uint16_t port;
    void* peer_address;
  };
  StackNames names_;
  std::optional<SctpEndpoint> endpoint_;
  const SipHash port_hash_ = SipHash::WithRandomKey();
  Strangers strangers_;
  AssociationTable associations_;
  std::uint64_t last_id_ = 0;
  std::uint64_t connects_ = 0;
  OutputQueue queue_;
  bool wants_writable_ = false;
  EngineCounters counters_;
  Bytes message_;                             // Receive's buffer
  std::optional<SctpEndpoint::Event> ahead_;  // already received, not yet looked at
  std::vector<PacketPiece> pieces_;
  Bytes trimmed_;  // WithoutEarlyResends' result
  std::vector<Ended> ended_;
  std::vector<AssociationId> moved_;  // OnMoved is owed
  Paths::Orders orders_;              // CheckPaths' probes
  const Input* input_ = nullptr;      // a stranger's packet that libusrsctp is looking at
  std::size_t undrained_packets_ = 0;
  bool writable_due_ = false;
  bool any_waits_ = false;  // OnWritable is owed to somebody
  std::size_t held_ = 0;    // messages, of all associations
  TimePoint active_{};      // last traffic
  TimePoint ticked_{};
};

}  // namespace funnel::sctp
