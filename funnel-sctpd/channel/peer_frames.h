// Frames from peers. All of them are unauthenticated here: they are passed on and they free
// streams, but decide nothing else. Owned by the ChannelTable. It has no state: all that changes is
// the channel.
#pragma once

#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/peer_opens.h"
#include "funnel-sctpd/channel/refusals.h"

namespace funnel::sctpd {

class PeerFrames {
 public:
  struct Parts {
    SharedState& shared;
    ChannelRegistry& channels;
    LinkTable& links;
    ChannelEnds& ends;
    Refusals& refusals;
    PeerOpens& opens;
  };
  // All of PARTS outlive it.
  explicit PeerFrames(const Parts& parts) : parts_(parts) {}

  // A message of a verified association, on any stream but 0.
  void OnFrame(Association& association, StreamId stream, MutableByteView frame);

 private:
  // FRAME belongs to CHANNEL, by stream and channel id.
  void Dispatch(Channel& channel, wire::FrameType type, ByteView frame);
  void OnSealed(Channel& channel, ByteView frame);
  void OnOpened(Channel& channel, ByteView frame);
  void OnRefused(Channel& channel, ByteView frame);
  void OnClosed(Channel& channel, ByteView frame);

  // Passes FRAME to the link; CHANNEL is closed if too much waits there.
  void ToLink(Channel& channel, ByteView frame);
  // Counts a frame in WHY and drops it.
  void Discard(Channel& channel, Counter why);

  Parts parts_;
};

}  // namespace funnel::sctpd
