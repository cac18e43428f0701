// The kernel engine (kernel_engine.h). Every association has a socket of its own, all of them in
// one epoll set, which is what the owner watches.
//
// The kernel keeps time for SCTP; the engine's own clock is for what the kernel does not do:
// noticing a dead peer by its silence (one association after the other is asked, since the kernel
// only counts the packets that came), and finding room in a send buffer again (kernel_waiters.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "funnel-sctpd/engine/kernel/kernel_association.h"
#include "funnel-sctpd/engine/kernel/kernel_engine.h"
#include "funnel-sctpd/engine/kernel/kernel_probe.h"
#include "funnel-sctpd/engine/kernel/kernel_socket.h"
#include "funnel-sctpd/engine/kernel/kernel_table.h"
#include "funnel-sctpd/engine/kernel/kernel_waiters.h"

namespace funnel::sctp {

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
  void SetKnownHosts(std::vector<TransportAddress> hosts) override { table_.SetKnownHosts(hosts); }
  void Trust(AssociationId association) override;
  std::vector<int> fds() const override { return {table_.fd()}; }
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
  // Whether an association with TARGET may be begun.
  [[nodiscard]] Result<> CheckTarget(const Target& target) const;
  // Takes SOCKET over, with its one association.
  [[nodiscard]] Result<KernelAssociation*> Add(KernelSocket socket, KernelAssociationId raw);
  // Ends ASSOCIATION, sends the peer the reason, and removes it.
  void End(KernelAssociation& association, DownReason reason, std::string text);
  // Forgets ASSOCIATION; OnDown follows.
  void Remove(KernelAssociation& association, DownReason reason, std::string text);

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
  void ReportEnded();

  // Several addresses (kernel_paths.cc).
  // Reports to the observer which path is in use by now.
  void LookAtPaths(KernelAssociation& association);

  // Sending (kernel_output.cc).
  void SendOutboxes();
  // Looks for room in send buffers where somebody waits for it.
  void LookForRoom();

  // Ends associations whose peer is dead or does not shut down in time.
  void CheckTime(TimePoint now);

  const Settings settings_;
  const KernelOptions options_;
  EngineObserver& observer_;
  KernelSupport support_;
  KernelTable table_;
  KernelWaiters waiters_;
  std::optional<KernelSocket> listener_;
  EngineCounters counters_;
  Bytes message_;  // Receive's buffer
  std::vector<Ended> ended_;
  TimePoint ticked_{};  // CheckTime
};

}  // namespace funnel::sctp
