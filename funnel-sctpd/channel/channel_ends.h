// The ways in which channels end, and what is reported to either side. Owned by the ChannelTable.
//
//   CLOSED went both ways         -> End
//   REFUSED went by               -> Refuse (ours), End (the peer's)
//   the link has gone or is given up -> Drop: CLOSED goes to the peer, whose CLOSED is waited for
//   the association has gone, or the configuration has changed -> End
// What has ended is still there until the turn's end, so callbacks need no care.
#pragma once

#include <string>
#include <vector>

#include "common/ipc/sctpd_messages.h"
#include "common/wire/frame/open.h"
#include "funnel-sctpd/association/associations.h"
#include "funnel-sctpd/association/linger.h"
#include "funnel-sctpd/channel/channel_registry.h"
#include "funnel-sctpd/channel/link_table.h"
#include "funnel-sctpd/channel/pending_opens.h"

namespace funnel::sctpd {

class ChannelEnds {
 public:
  struct Parts {
    SharedState& shared;
    Associations& associations;
    ChannelRegistry& channels;
    LinkTable& links;
    PendingOpens& pending;
  };
  // All of PARTS outlive it.
  explicit ChannelEnds(const Parts& parts) : parts_(parts) {}

  // CHANNEL is over: its stream is free on return, the rest goes in Sweep(). CODE and TEXT go to
  // its link's far end.
  void End(Channel& channel, ipc::LinkEndCode code, const std::string& text);
  // The link has gone or is given up: the peer gets CLOSED, and its CLOSED is awaited. An OPEN that
  // was passed on and is not answered yet is refused instead.
  void Drop(Channel& channel, wire::ClosedCode code, const std::string& why);
  // Sends CLOSED to the peer, unless it was sent before or there is no stream.
  void SendClosed(Channel& channel, wire::ClosedCode code);

  // Answers the peer's OPEN, which holds its stream, with REFUSED; that frees it at both ends.
  // BODY: by default the code and its own text.
  void Refuse(Channel& channel, wire::RefusalCode code, Bytes body = {});
  // Answers one that got no channel. TEXT: by default the code's own.
  void RefuseOpen(Association& association, StreamId stream, ChannelId id, wire::RefusalCode code,
                  std::string text = {});
  // CHANNEL is closed because too much waits in its link.
  void NoteOverflow(const Channel& channel, const std::string& why);
  // WHY, with the name of the node that says so; for what goes on beyond our neighbours.
  [[nodiscard]] std::string RelayText(const std::string& why) const;

  // Takes down what has ended. True: something had.
  bool Sweep();

  // Links that are still written to.
  [[nodiscard]] TimePoint NextTimer() const { return linger_.NextTimer(); }
  void OnTimer() { linger_.OnTimer(parts_.shared.now()); }

 private:
  Parts parts_;
  std::vector<Channel*> ending_;
  Linger linger_;
};

}  // namespace funnel::sctpd
