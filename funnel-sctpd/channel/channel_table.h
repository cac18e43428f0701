// All channels of this node: takes edges' links, opens and accepts channels on streams of verified
// associations, and moves frames between the two. It only dispatches: each of its parts has a
// header that is its contract (ARCHITECTURE.md, "Inside sctpd").
//
// Owned by Tables, one thread. Input only marks what must be done; that is done at the end of the
// turn: Pump() before the engine's Flush, FinishTurn() after it; shared.work() asks for them.
// Nothing is destroyed before FinishTurn, so callbacks need no special care.
#pragma once

#include <optional>
#include <string>

#include "common/base/foreign_fd.h"
#include "common/event/descriptors.h"
#include "common/ipc/authd_messages.h"
#include "funnel-sctpd/association/associations.h"
#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/channel_registry.h"
#include "funnel-sctpd/channel/edge_frames.h"
#include "funnel-sctpd/channel/edge_side.h"
#include "funnel-sctpd/channel/link_table.h"
#include "funnel-sctpd/channel/peer_frames.h"
#include "funnel-sctpd/channel/peer_opens.h"
#include "funnel-sctpd/channel/pending_opens.h"
#include "funnel-sctpd/channel/refusals.h"
#include "funnel-sctpd/channel/send_turns.h"
#include "funnel-sctpd/relay/relays.h"

namespace funnel::sctpd {

class ChannelTable final : public AssociationUser, public AcceptListener, public FrameLinkObserver {
 public:
  // ASSOCIATIONS may be constructed later.
  ChannelTable(SharedState& shared, event::EpollSet& edges, Associations& associations);
  ~ChannelTable() override;

  // An edge wants a channel of SERVICE (role listen, which the caller has checked).
  [[nodiscard]] Result<> Attach(const config::ServiceConfig& service, ForeignFd link);

  // Sends what edges have to send. True: there is more than one turn's share.
  bool Pump();
  // Writes to the edges what came for them, and destroys what is over.
  void FinishTurn();

  void OnTimer();
  [[nodiscard]] TimePoint NextTimer() const;
  // Adopts shared.config, which has just changed.
  void Reload();
  // For the administrator; as RelaySide::Close.
  [[nodiscard]] std::size_t CloseRelayed(const std::string& service,
                                         std::optional<std::uint64_t> number) {
    return relays_.Close(service, number);
  }
  // Ends all of them; FinishTurn() must follow.
  void EndAll(ipc::LinkEndCode code, const std::string& reason);

  // AcceptListener
  void OnAuthdUp() override { pending_.OnAuthdUp(); }
  void OnAccepted(const ipc::Accepted& verdict) override { opens_.OnAccepted(verdict); }
  void OnAcceptRefused(const ipc::AcceptRefused& verdict) override {
    opens_.OnAcceptRefused(verdict);
  }

  // AssociationUser
  void OnAssociationUp(Association& association) override;
  void OnAssociationDown(Association& association, const std::string& reason) override;
  void OnFrame(Association& association, StreamId stream, MutableByteView frame) override {
    peer_frames_.OnFrame(association, stream, frame);
  }
  void OnWritable(Association& association) override { turns_.MarkReady(association); }
  std::optional<TimePoint> IdleSince(const Association& association) const override;

  // FrameLinkObserver
  void OnLinkReadable(FrameLink& link) override;
  void OnLinkWritable(FrameLink& link) override;

  // For status and gauges.
  [[nodiscard]] const ChannelRegistry::Map& channels() const { return channels_.All(); }
  // How many channels loops over all of them have looked at since the start.
  [[nodiscard]] std::uint64_t walked() const { return channels_.walked(); }
  [[nodiscard]] const Refusals& refusals() const { return refusals_; }
  [[nodiscard]] const RelayTurn& relays() const { return relays_.turn(); }
  void UpdateGauges();

 private:
  // The edge, the next hop or authd has not continued in time.
  void OnDeadline(Channel& channel);
  // Ends CHANNEL from our side, and notifies both ends.
  void EndFromHere(Channel& channel, ipc::LinkEndCode code, const std::string& reason);

  SharedState& shared_;
  event::EpollSet& edges_;
  Associations& associations_;

  // Each of these knows only those before it.
  Refusals refusals_;
  ChannelRegistry channels_;
  LinkTable links_;
  PendingOpens pending_;
  ChannelEnds ends_;
  EdgeSide edge_side_;
  EdgeFrames edge_frames_;
  SendTurns turns_;
  Relays relays_;
  PeerOpens opens_;
  PeerFrames peer_frames_;
};

}  // namespace funnel::sctpd
