// How a flow's first datagrams open its session at the far end: each brings what opens it, until
// that is known there. Owned by the send buffer.
#pragma once

#include "common/base/bytes.h"
#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/frame_sealer.h"
#include "common/wire/channel/opening_proof.h"
#include "common/wire/session/datagram_queue.h"
#include "common/wire/session/datagram_terms.h"
#include "common/wire/session/session_table.h"

namespace funnel::wire {

class Openings {
 public:
  // All outlive it.
  Openings(ChannelContext& context, SessionTable& sessions, const FrameSealer& sealer)
      : context_(context), sessions_(sessions), sealer_(sealer) {}

  // Sends what opens SESSION, with DATAGRAM, by way of QUEUE, if both fit a packet. False: DATAGRAM
  // has yet to go. The session has an opening.
  bool Say(Session& session, ByteView datagram, const DatagramTerms& terms, DatagramQueue& queue);
  // True: it shows that the peer knows a session, and concerns nobody else.
  [[nodiscard]] bool OnPong(const PongRecord& record);

 private:
  // The same by OPEN_SESSION, which is not lost.
  bool SayOpenSession(Session& session, const OpeningRecord& together, bool fits,
                      const DatagramTerms& terms);

  ChannelContext& context_;
  SessionTable& sessions_;
  const FrameSealer& sealer_;
  OpeningProof proof_;
};

}  // namespace funnel::wire
