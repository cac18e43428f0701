// Sends what a session's application sends as messages, with the order that the service's module
// gives them; after the module has given up, as bytes. It stands between Session and channel
// (ChannelPort): the session reads into it, and it passes on what it has framed.
//
// It reads nothing from the application while something that may be sent waits for the channel. So
// at most an unfinished message is left when the input ends.
//
// Owned by the session's entry in SessionPump. It has no clock: the pump calls Release() when the
// held message has waited for module-hold.
#pragma once

#include <utility>

#include "common/base/bytes.h"
#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "common/module/conversation.h"
#include "common/module/service_module.h"
#include "funnel-tcpd/channel_port.h"

namespace funnel::tcpd {

class MessageSender {
 public:
  // All of them outlive it. It reads into SCRATCH; others may use that between calls.
  MessageSender(ChannelPort& port, SessionId id, const module::ServiceModule& module,
                funnel_end end, MutableByteView scratch);

  // As in ChannelPort.
  [[nodiscard]] MutableByteView Prepare();
  void Commit(std::size_t count);
  // Sends what may be sent; also called when the channel takes something again.
  void Drain() { (void)Send(); }
  // The unfinished message has waited for long enough.
  void Release();
  // No more is read: sends what is left after everything else.
  void Finish();
  // BYTES were written to the application.
  void OnDelivered(ByteView bytes);

  // Whether an unfinished message waits for its rest.
  [[nodiscard]] bool is_holding() const { return conversation_.IsHolding() && !blocked_; }
  // What was sent or delivered does not follow the module's protocol.
  [[nodiscard]] bool mismatch() const { return conversation_.mismatch(); }
  [[nodiscard]] bool is_stream() const { return conversation_.is_stream(); }
  [[nodiscard]] SessionId id() const { return id_; }
  // Whether something was sent since the last call.
  [[nodiscard]] bool TakeProgress() { return std::exchange(progress_, false); }

  // The pump's.
  Deadlines<MessageSender>::Deadline hold{*this};
  bool mismatch_reported = false;

 private:
  // False: the channel takes no more now.
  [[nodiscard]] bool Send();
  // False: the channel did not take all of PIECE.
  [[nodiscard]] bool SendPiece(const module::Framer::Piece& piece);

  ChannelPort& port_;
  const SessionId id_;
  module::Conversation conversation_;
  const MutableByteView scratch_;
  bool direct_ = false;   // Prepare() returned a buffer of the channel's own
  bool blocked_ = false;  // something waits for the channel
  bool progress_ = false;
};

}  // namespace funnel::tcpd
