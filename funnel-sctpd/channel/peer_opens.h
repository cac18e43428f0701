// A peer's OPEN: whether there is room for it, who judges it, and what follows from the verdict.
// authd judges it before anything else is started; an OPEN to relay is handled by Relays
// (relays.h). Owned by the ChannelTable. It has no state: what waits for authd is in PendingOpens.
//
//   OPEN --> room? relayed? --> authd: Accept --> OnAccepted: the edge gets a socket, the peer
//   OPENED
//                                             '-> OnAcceptRefused: REFUSED
#pragma once

#include "common/event/descriptors.h"
#include "common/ipc/authd_messages.h"
#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/edge_side.h"
#include "funnel-sctpd/channel/refusals.h"
#include "funnel-sctpd/channel/send_turns.h"
#include "funnel-sctpd/relay/relays.h"

namespace funnel::sctpd {

class PeerOpens {
 public:
  struct Parts {
    SharedState& shared;
    Associations& associations;
    event::EpollSet& edges;
    FrameLinkObserver& observer;
    ChannelRegistry& channels;
    LinkTable& links;
    PendingOpens& pending;
    SendTurns& turns;
    ChannelEnds& ends;
    EdgeSide& edge_side;
    Refusals& refusals;
    Relays& relays;
  };
  // All of PARTS outlive it.
  explicit PeerOpens(const Parts& parts) : parts_(parts) {}

  // BODY is that of OPEN, which came on STREAM.
  void OnOpen(Association& association, StreamId stream, ChannelId id, ByteView body);

  // authd's verdicts ...
  void OnAccepted(const ipc::Accepted& verdict);
  void OnAcceptRefused(const ipc::AcceptRefused& verdict);
  // ... or none came in time.
  void OnTimeout(Channel& channel);

 private:
  // Whether STREAM is free for the peer's OPEN, or is freed by this call. If both nodes have opened
  // the same pinned stream at once, the lower node's OPEN wins, and each end knows which one that
  // is.
  [[nodiscard]] bool YieldStream(Association& association, StreamId stream);
  // Whether the service of that name is served here for CHANNEL's peer.
  [[nodiscard]] Result<> CheckServed(const Channel& channel, const std::string& service) const;
  // Gives a socket to the edge of the service that VERDICT names, and sends the peer OPENED.
  [[nodiscard]] Result<> Adopt(Channel& channel, const ipc::Accepted& verdict);

  Parts parts_;
};

}  // namespace funnel::sctpd
