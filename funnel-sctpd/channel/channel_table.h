// All channels of this node: takes edges' links, opens and accepts channels on streams of verified
// associations, and moves frames between the two.
//
// Owned by Node, one thread. Input marks what is to be done; the doing comes at the end of the
// turn: Pump() before the engine's Flush, FinishTurn() after it; env.work() asks for them. Nothing
// is destroyed before FinishTurn, so callbacks need not look out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "common/base/foreign_fd.h"
#include "common/event/descriptors.h"
#include "common/ipc/authd_messages.h"
#include "common/wire/frame/open.h"
#include "funnel-sctpd/association/association_table.h"
#include "funnel-sctpd/association/linger.h"
#include "funnel-sctpd/channel/channel.h"
#include "funnel-sctpd/channel/refusals.h"
#include "funnel-sctpd/environment.h"
#include "funnel-sctpd/registry.h"
#include "funnel-sctpd/relay/relay_link.h"

namespace funnel::sctpd {

class ChannelTable final : public AssociationUser, public FrameLinkObserver {
  using Channels = Registry<std::uint64_t, Channel>;

 public:
  ChannelTable(Environment& env, event::EpollSet& set);
  ~ChannelTable() override;
  // Before anything else.
  void SetAssociations(AssociationTable& associations) { associations_ = &associations; }

  // An edge asks for a channel of SERVICE (role listen, checked by the caller).
  [[nodiscard]] Result<> Attach(const config::ServiceConfig& service, ForeignFd link);

  // Sends what edges have to send. True: there is more than one turn's share.
  bool Pump();
  // Writes to the edges what came for them, and takes down what is over.
  void FinishTurn();

  void OnTimer();
  [[nodiscard]] TimePoint NextTimer() const { return std::min(due_.next(), linger_.NextTimer()); }
  // Takes over env.config, which has just changed.
  void Reload();
  // An administrator ends what is relayed of SERVICE: the channel of that number (of either side),
  // or all. Yields how many.
  [[nodiscard]] std::size_t CloseRelayed(const std::string& service,
                                         std::optional<std::uint64_t> number);
  // Ends all of them; FinishTurn() has yet to come.
  void EndAll(ipc::LinkEndCode code, const std::string& reason);

  // authd's side.
  void OnAuthdUp();
  void OnAccepted(const ipc::Accepted& verdict);
  void OnAcceptRefused(const ipc::AcceptRefused& verdict);

  // AssociationUser
  void OnAssociationUp(Association& association) override;
  void OnAssociationDown(Association& association, const std::string& reason) override;
  void OnFrame(Association& association, StreamId stream, MutableByteView frame) override;
  void OnWritable(Association& association) override;
  std::optional<TimePoint> IdleSince(const Association& association) const override;

  // FrameLinkObserver
  void OnLinkReadable(FrameLink& link) override;
  void OnLinkWritable(FrameLink& link) override;

  // For status and gauges.
  [[nodiscard]] const Channels::Map& channels() const { return channels_.All(); }
  // How many channels loops over all of them have looked at since the start.
  [[nodiscard]] std::uint64_t walked() const { return channels_.walked(); }
  [[nodiscard]] const Refusals& refusals() const { return refusals_; }
  void UpdateGauges();
  [[nodiscard]] const RelayTurn& relays() const { return relays_; }

 private:
  // What one channel sends before others have their turn: four frames of bulk data, small enough
  // that ten bulk channels delay each other by milliseconds only.
  static constexpr std::size_t kQuantumBytes = 64 * 1024;
  // ... of a channel of the default weight.
  static constexpr std::size_t kQuantumWeight = 10;
  [[nodiscard]] static std::size_t QuantumOf(const Channel& channel) {
    return kQuantumBytes * channel.weight / kQuantumWeight;
  }

  // What is left of one that was interrupted, or a new one: who is always interrupted before it is
  // over must not have it for ever.
  [[nodiscard]] static std::size_t TurnOf(const Channel& channel) {
    const std::size_t quantum = QuantumOf(channel);
    return channel.turn_left == 0 ? quantum : std::min(quantum, channel.turn_left);
  }

  enum class Taken { kYes, kBlocked };
  enum class Pumped { kDrained, kMore, kBlocked, kGone };

  Channel& Add(ChannelRole role, const std::string& service, const std::string& peer);
  void SetLink(Channel& channel, std::unique_ptr<FrameLink> link);
  [[nodiscard]] std::unique_ptr<FrameLink> TakeLink(Channel& channel);
  // After every change of what waits for the edge.
  void NoteQueued(Channel& channel);
  void SetDeadline(Channel& channel, Duration after);
  // Takes over priority and weight; only while it is not queued to send.
  void SetTurns(Channel& channel) const;
  void MarkDirty(Channel& channel);
  void MarkReady(Association& association);
  // The channel is over: its stream is free on return, the rest goes in FinishTurn.
  void End(Channel& channel, ipc::LinkEndCode code, const std::string& text);
  // The link has gone or is given up; the peer is told, and its CLOSED is waited for.
  void DropLink(Channel& channel, wire::ClosedCode code, const std::string& why);
  void SendClosed(Channel& channel, wire::ClosedCode code);
  void AnnounceLink(Channel& channel, Association& association);
  void LinkClosed(Channel& channel);
  void CheckDeadline(Channel& channel);
  // The same with one that may be queued.
  void Requeue(Channel& channel) const;
  [[nodiscard]] bool StillConfigured(const Channel& channel) const;

  // Frames from edges (channel_from_edge.cc).
  bool PumpAssociation(Association& association);
  [[nodiscard]] Pumped PumpChannel(Channel& channel, std::size_t quantum);
  [[nodiscard]] Taken FromEdge(Channel& channel, ByteView frame);
  [[nodiscard]] Taken SealedFromEdge(Channel& channel, const wire::FrameHeader& header,
                                     ByteView frame);
  [[nodiscard]] Taken OpenFromEdge(Channel& channel, const wire::FrameHeader& header,
                                   ByteView frame);
  void ClosedFromEdge(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  void NoteFromEdge(Channel& channel, ByteView frame);
  Taken DropFromEdge(Channel& channel, Counter why);
  [[nodiscard]] std::optional<StreamId> ChooseStream(const Channel& channel) const;
  void RefuseLocally(Channel& channel, ChannelId id, const std::string& text);

  // Frames from peers (channel_from_peer.cc).
  void OpenedFromPeer(Channel& channel, ByteView frame);
  void RefusedFromPeer(Channel& channel, ByteView frame);
  void ClosedFromPeer(Channel& channel, ByteView frame);
  void SealedFromPeer(Channel& channel, ByteView frame);
  void DropFromPeer(Channel& channel, Counter why);
  void ToEdge(Channel& channel, ByteView frame);
  void CloseForOverflow(Channel& channel, const std::string& why);

  // A peer's OPEN (channel_accept.cc).
  struct Pending {
    Channel* channel;
    Bytes open_body;  // authd may start anew and be asked again
  };
  void OpenFromPeer(Association& association, StreamId stream, ChannelId id, ByteView body);
  [[nodiscard]] bool MakeRoom(Association& association, StreamId stream);
  void BeginHalfOpen(Channel& channel);
  void EndHalfOpen(Channel& channel);
  void AskAuthd(std::uint32_t request, const Pending& pending);
  // The pending OPEN, which is pending no more; nullptr: the peer has taken it back.
  [[nodiscard]] Channel* TakePending(std::uint32_t request);
  void CancelPending(Channel& channel);
  [[nodiscard]] std::string WhyNoRoute(const Channel& channel, const std::string& service) const;
  [[nodiscard]] Result<> HandOver(Channel& channel, const ipc::Accepted& verdict);
  // TEXT: by default the code's own.
  void Refuse(Association& association, StreamId stream, ChannelId id, wire::RefusalCode code,
              std::string text = {});
  void RefusePending(Channel& channel, wire::RefusalCode code, Bytes body);
  void Remember(const std::string& service, const std::string& peer, Refusal::Direction direction,
                std::uint16_t code, const std::string& text);

  // Channels that only pass through (channel_relay.cc).
  struct RelayRoute {
    const config::ServiceConfig* service = nullptr;  // nullptr: not for a relay
    bool allowed = false;                            // the peer stands in `from`
  };
  [[nodiscard]] RelayRoute FindRelay(const std::string& peer, const wire::OpenBody& open) const;
  // Whether OPEN is a relay's business; then it has been dealt with.
  [[nodiscard]] bool RelayFromPeer(Association& association, StreamId stream, ChannelId id,
                                   ByteView body);
  [[nodiscard]] std::string WhyNotRelay(const Association& association,
                                        const config::ServiceConfig& service,
                                        const wire::OpenBody& open);
  void OpenRelay(Association& association, StreamId stream, ChannelId id, ByteView body,
                 const config::ServiceConfig& service, const wire::OpenBody& open);
  void OpenedFromRelay(Channel& channel, ByteView frame);
  void RefusedFromRelay(Channel& channel, ByteView frame);
  // The one at the other side of a relayed channel with a link; nullptr: it has gone.
  [[nodiscard]] Channel* TwinOf(const Channel& channel) const;
  // DropLink at both sides of a relayed channel: what waits between them goes at once.
  void DropBoth(Channel& channel, wire::ClosedCode code, const std::string& why);
  [[nodiscard]] Channel* Greediest() const;
  // Keeps all relayed channels together within relay-queue.
  void LimitRelays();
  [[nodiscard]] static std::string TooSlow(const std::string& next_hop);
  // WHY, with the name of the node that says so.
  [[nodiscard]] std::string RelayText(const std::string& why) const;

  Environment& env_;
  event::EpollSet& set_;
  AssociationTable* associations_ = nullptr;

  // Outlives the channels: their links are its ends.
  RelayTurn relays_{[this] { return env_.now(); }, [this] { env_.work(); }};
  Deadlines<Channel> due_;  // outlives them, too
  Channels channels_;       // in order of their coming
  std::uint64_t next_number_ = 0;
  std::unordered_map<FrameLink*, Channel*> by_link_;
  std::map<std::string, std::size_t> links_of_;  // by service
  std::multiset<Nonce> passing_;                 // of relayed channels that are not ending
  std::size_t queued_to_edges_ = 0;
  std::map<std::uint32_t, Pending> pending_;
  std::uint32_t next_request_ = 0;
  std::size_t half_open_ = 0;
  std::vector<Channel*> dirty_;
  std::vector<Association*> ready_;
  std::vector<Channel*> ending_;
  Linger linger_;
  Refusals refusals_;
  ipc::ReadBuffer buffer_;
};

}  // namespace funnel::sctpd
