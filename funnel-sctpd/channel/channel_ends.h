// The ways in which channels end, and what both sides learn about it. Owned by the ChannelTable.
//
//   CLOSED went both ways         -> End
//   REFUSED has passed            -> Refuse (ours), End (the peer's)
//   the link is gone or given up  -> Drop: CLOSED goes to the peer, whose CLOSED is awaited
//   the association is gone, or the configuration has changed -> End
// A channel that has ended exists until the turn's end, so callbacks need no special care.
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

  // CHANNEL is over: its stream is free on return, Sweep() does the rest. The far end of its link
  // gets CODE and TEXT.
  void End(Channel& channel, ipc::LinkEndCode code, const std::string& text);
  // The link is gone or given up: the peer gets CLOSED, and its CLOSED is awaited. But an OPEN of
  // the peer's that is not answered yet is refused.
  void Drop(Channel& channel, wire::ClosedCode code, const std::string& why);
  // Sends CLOSED to the peer, unless that was done before or there is no stream.
  void SendClosed(Channel& channel, wire::ClosedCode code);

  // Answers the peer's OPEN, which holds its stream, with REFUSED; that frees the stream at both
  // ends. BODY: by default the code and its own text.
  void Refuse(Channel& channel, wire::RefusalCode code, Bytes body = {});
  // Answers an OPEN that got no channel. TEXT: by default the code's own.
  void RefuseOpen(Association& association, StreamId stream, ChannelId id, wire::RefusalCode code,
                  std::string text = {});
  // Notes that CHANNEL is closed because too much waits in its link.
  void NoteOverflow(const Channel& channel, const std::string& why);
  // WHY, with the name of this node: for texts that travel beyond our neighbours.
  [[nodiscard]] std::string RelayText(const std::string& why) const;

  // Destroys what has ended. True: something had.
  bool Sweep();

  // When links that are still being written must be looked at.
  [[nodiscard]] TimePoint NextTimer() const { return linger_.NextTimer(); }
  void OnTimer() { linger_.OnTimer(parts_.shared.now()); }

 private:
  Parts parts_;
  std::vector<Channel*> ending_;
  Linger linger_;
};

}  // namespace funnel::sctpd
