// The kernel engine (kernel_engine.h). Every association has a socket of its own, all of them in
// one epoll set, which is what the owner watches.
//
// The kernel keeps time for SCTP; the engine's own clock is for what the kernel does not do:
// noticing a dead peer by its silence (one association after the other is asked, since the kernel
// only counts the packets that came), and finding room in a send buffer again (EPOLLOUT means room
// for a byte, not for a message).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "funnel-sctpd/engine/kernel/kernel_engine.h"
#include "funnel-sctpd/engine/kernel/kernel_outbox.h"
#include "funnel-sctpd/engine/kernel/kernel_probe.h"
#include "funnel-sctpd/engine/kernel/kernel_socket.h"
#include "funnel-sctpd/engine/partial_messages.h"

namespace funnel::sctp {

struct KernelAssociation {
  enum class State { kConnecting, kUp, kEnding };

  KernelAssociation(KernelSocket socket_in, KernelAssociationId raw_in)
      : socket(std::move(socket_in)), raw(raw_in) {}

  [[nodiscard]] State state() const { return state_; }
  void SetState(State state, std::string_view reason);

  AssociationId id;
  KernelSocket socket;
  KernelAssociationId raw;
  bool incoming = false;
  bool trusted = false;  // not held to the limits for strangers
  Carrier carrier = Carrier::kDirect;
  TransportAddress peer;
  std::uint16_t peer_sctp_port = 0;
  // All of the peer's addresses, the one in use first: as the observer knows it.
  std::vector<TransportAddress> paths;
  std::vector<PeerPath> offered;  // by OfferPaths, if they are ours to choose from
  std::uint16_t streams = 0;
  std::size_t max_unfragmented = 0;

  TimePoint heard{};
  TimePoint deadline{};  // of kEnding
  KernelSocket::Traffic traffic;
  KernelOutbox outbox;
  bool shutdown_owed = false;  // the outbox comes first
  std::size_t send_buffer = 0;
  std::size_t kernel_used = 0;  // of it, at most: as of the last look, and what was added since
  PartialMessages partial;
  std::uint64_t messages_in = 0, messages_out = 0, bytes_in = 0, bytes_out = 0;

 private:
  State state_ = State::kConnecting;
};

class KernelCore : public Engine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<KernelCore>> Make(const Settings& settings,
                                                                KernelOptions options,
                                                                EngineObserver& observer);
  ~KernelCore() override;

  std::string_view name() const override { return "kernel"; }
  Result<AssociationId> Connect(const Target& target) override;
  SendStatus Send(AssociationId association, StreamId stream, ByteView message,
                  const SendOptions& options) override;
  void Shutdown(AssociationId association) override;
  void Abort(AssociationId association, std::string_view reason) override;
  std::size_t MaxUnfragmented(AssociationId association) const override;
  AssociationStats Stats(AssociationId association) const override;
  EngineCounters counters() const override;
  bool OfferPaths(AssociationId association, std::vector<PeerPath> paths) override;
  void SetKnownHosts(std::vector<TransportAddress> hosts) override;
  void Trust(AssociationId association) override;
  std::vector<int> fds() const override { return {epoll_.get()}; }
  bool wants_writable(int /*fd*/) const override { return false; }
  TimePoint NextTimer() const override;
  void OnReadable() override;
  void OnTimer() override;
  void Flush() override;

 private:
  struct Ended {
    AssociationId id;
    DownReason reason;
    std::string text;
  };

  KernelCore(const Settings& settings, KernelOptions options, EngineObserver& observer);
  [[nodiscard]] Result<> Open();
  [[nodiscard]] KernelAssociation* Find(AssociationId id) const;
  // Whether an association with TARGET may be begun.
  [[nodiscard]] Result<> CheckTarget(const Target& target) const;
  // Takes SOCKET over, with its one association.
  [[nodiscard]] Result<KernelAssociation*> Add(KernelSocket socket, KernelAssociationId raw);
  // Ends ASSOCIATION, sends the peer the reason, and removes it.
  void End(KernelAssociation& association, DownReason reason, std::string text);
  // Forgets ASSOCIATION; OnDown follows.
  void Remove(KernelAssociation& association, DownReason reason, std::string text);
  // Whether one more association may be made by a peer that connects to us.
  [[nodiscard]] bool MayAssociate(const TransportAddress& peer) const;
  // Whether HOST is a configured peer's.
  [[nodiscard]] bool IsKnown(const TransportAddress& host) const;

  // Events (kernel_events.cc).
  void ReadListener();
  // At most kEventsAtOnce events of its socket.
  void Read(AssociationId id);
  void OnIncoming(KernelAssociationId raw, std::uint16_t streams);
  void OnEvent(KernelAssociation& association, const KernelSocket::Event& event);
  void OnPart(KernelAssociation& association, const KernelSocket::Event& event);
  void OnUp(KernelAssociation& association, std::uint16_t streams);
  // The kernel goes on with the same association; for our owner it is another one.
  void OnRestarted(KernelAssociation& association, std::uint16_t streams);
  void OnLost(KernelAssociation& association, const KernelSocket::Event& event);
  // OnDown of all that have ended.
  void TellEnded();

  // Several addresses (kernel_paths.cc).
  // Reports to the observer which path is in use by now.
  void LookAtPaths(KernelAssociation& association);
  // The first of those offered that answers.
  void PreferBest(KernelAssociation& association, const std::vector<PathStats>& paths);

  // Sending (kernel_output.cc).
  // Whether the send buffer takes COST more. LARGE: of a message that is cut into several packets.
  [[nodiscard]] bool HasRoom(KernelAssociation& association, std::size_t cost, bool large) const;
  void SendOutbox(KernelAssociation& association);
  void SendOutboxes();
  // ... where somebody waits for it.
  void LookForRoom();

  // Ends associations whose peer is dead or does not shut down in time.
  void CheckTime(TimePoint now);

  const Settings settings_;
  const KernelOptions options_;
  EngineObserver& observer_;
  KernelSupport support_;
  UniqueFd epoll_;
  std::optional<KernelSocket> listener_;
  std::unordered_map<AssociationId, std::unique_ptr<KernelAssociation>> associations_;
  std::vector<AssociationId> unsent_;           // with something in their outbox
  std::unordered_set<AssociationId> waiting_;   // Send said kFull; OnWritable is owed
  std::unordered_set<TransportAddress> known_;  // without ports
  std::uint64_t last_id_ = 0;
  EngineCounters counters_;
  Bytes message_;  // Receive's buffer
  std::vector<Ended> ended_;
  TimePoint ticked_{};                 // CheckTime
  TimePoint look_ = TimePoint::max();  // LookForRoom
  Duration look_interval_{};
};

}  // namespace funnel::sctp
