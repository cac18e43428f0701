// What goes into the next frame of one channel. Owned by the channel.
//
// Each frame is one of: packed (control records, then small things of many sessions, at most one
// packet), datagrams (one packet, or one large datagram), bulk (one session, whole packets). Which
// of the sessions is the scheduler's choice.
#pragma once

#include "common/base/error.h"
#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/frame_sealer.h"
#include "common/wire/channel/rekeying.h"
#include "common/wire/channel/scheduler.h"
#include "common/wire/channel/send_buffer.h"
#include "common/wire/channel/session_ends.h"
#include "common/wire/frame/frame_sink.h"

namespace funnel::wire {

class FramePacker {
 public:
  struct Parts {
    ChannelContext& context;
    Rekeying& rekeying;
    CreditLedger& ledger;
    FrameSealer& sealer;
    Scheduler& scheduler;
    SendBuffer& send;
    SessionEnds& ends;
  };
  // All of PARTS outlive it.
  explicit FramePacker(const Parts& parts) : parts_(parts) {}

  enum class Sent { kFrame, kNothing, kSinkFull };
  // Makes one frame of what waits. An error: the channel must end.
  [[nodiscard]] Result<Sent> SendNext(FrameSink& sink);
  // A frame with nothing in it but CONFIRM.
  [[nodiscard]] Result<Sent> SendBare(FrameSink& sink);
  // A packed frame in any case.
  [[nodiscard]] Result<Sent> SendPacked(FrameSink& sink);
  // Whether SendNext() has something to send, as far as credit allows.
  [[nodiscard]] bool HasAny() const;

 private:
  // Sends one frame of datagrams, or one of bulk data.
  [[nodiscard]] Result<Sent> SendDatagrams(FrameSink& sink);
  [[nodiscard]] Result<Sent> SendBulk(FrameSink& sink);

  // All append to the frame that was begun, up to END of its plaintext.
  void PackControl(std::size_t end);
  void PackReliableDatagrams(std::size_t end);
  void PackSmallSessions(std::size_t end);
  // One message of SESSION; false: it does not fit, or the channel's credit is short.
  bool PackOne(Session& session, std::size_t end);

  // The session's next message, given room for it and its header, and at most MOST bytes of a
  // stream. Its view of the bytes says how many, not which.
  [[nodiscard]] MessageRecord NextMessage(const Session& session, std::size_t room,
                                          std::size_t most) const;
  // RECORD is in a frame: it is charged, and what follows from that happens.
  void MessageSent(Session& session, const MessageRecord& record);

  Parts parts_;
};

}  // namespace funnel::wire
