// The engine on the SCTP core of our own (sctp/), without sockets: packets by a PacketLink.
// own_engine.h makes one with sockets.
//
// It holds what the core does not know: engine addresses, limits for strangers, and what was
// reported of an association.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "funnel-sctpd/engine/own/own_peers.h"
#include "funnel-sctpd/engine/packet/packet_link.h"
#include "funnel-sctpd/engine/settings.h"
#include "funnel-sctpd/engine/strangers.h"
#include "sctp/endpoint/endpoint.h"

namespace funnel::sctp {

class OwnCore : public Engine,
                private PacketLink::Sink,
                private ::sctp::EndpointObserver,
                private ::sctp::EndpointPolicy {
 public:
  // OBSERVER outlives the engine.
  [[nodiscard]] static Result<std::unique_ptr<OwnCore>> Make(const Settings& settings,
                                                             std::unique_ptr<PacketLink> link,
                                                             EngineObserver& observer);
  ~OwnCore() override;

  std::string_view name() const override { return "own"; }
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
  bool SetPacketObserver(PacketObserver* observer) override {
    packet_observer_ = observer;
    return true;
  }
  std::vector<int> fds() const override { return link_->fds(); }
  bool wants_writable(int fd) const override { return wants_writable_ && link_->IsFull(fd); }
  TimePoint NextTimer() const override;
  void OnReadable() override;
  void OnTimer() override;
  void Flush() override;

 private:
  using Peer = OwnPeer;
  struct Ended {
    AssociationId id;
    DownReason reason;
    std::string text;
  };
  struct Random : ::sctp::RandomSource {
    void Fill(MutableByteView out) override;
  };

  OwnCore(const Settings& settings, std::unique_ptr<PacketLink> link, EngineObserver& observer);

  void OnPacket(const Route& route, MutableByteView packet) override;

  // What the core reports (own_events.cc).
  void OnUp(AssociationId id, const ::sctp::Address& peer, bool incoming) override;
  void OnDown(AssociationId id, ::sctp::DownReason reason, std::string_view text) override;
  void OnMessage(AssociationId id, StreamId stream, std::uint32_t protocol,
                 MutableByteView message) override;
  void OnWritable(AssociationId id) override { observer_.OnWritable(id); }
  void OnMoved(AssociationId id, const ::sctp::Address& peer, bool failed) override;
  // ... and asks.
  bool MayAsk(const ::sctp::Address& from, Ask ask, TimePoint now) override;
  bool MayAccept(const ::sctp::Address& from) override;
  bool Expects(const ::sctp::Address& from) override;
  std::size_t PacketBytes(const ::sctp::Address& peer) const override;

  [[nodiscard]] std::vector<PathStats> PathsOf(const ::sctp::Association& association) const;
  void Forget(AssociationId id);
  void NoStranger(Peer& peer);
  void End(AssociationId id, DownReason reason, std::string text);
  void CheckDeadlines(TimePoint now);
  void ReportEnded();
  void TakePackets(TimePoint now);

  const Settings settings_;
  EngineObserver& observer_;
  PacketObserver* packet_observer_ = nullptr;
  std::unique_ptr<PacketLink> link_;
  Random random_;
  Strangers strangers_;
  ::sctp::Endpoint endpoint_;
  OwnPeers peers_;
  // How many unverified associations each host has, and all together.
  std::unordered_map<TransportAddress, std::size_t> strangers_of_;
  std::size_t strangers_all_ = 0;
  std::vector<Ended> ended_;  // OnDown is owed
  OutputQueue queue_;
  bool wants_writable_ = false;
  EngineCounters counters_;
};

}  // namespace funnel::sctp
