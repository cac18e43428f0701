// What a session's application sends, as messages with the order that the service's module gives
// them; and once that is over, as bytes. Stands between Session and channel (ChannelPort): the
// session reads into it, and what it frames goes on.
//
// Nothing is read from the application while something that may go waits for the channel. So what
// is left at the end of input is at most an unfinished message.
//
// Owned by the session's entry in SessionPump. No clock: the pump calls Release() when what
// is_holding() has waited for module-hold.
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
  // All outlive it. SCRATCH is read into; others may use it between calls.
  MessageSender(ChannelPort& port, SessionId id, const module::ServiceModule& module,
                funnel_end end, MutableByteView scratch);

  // As of ChannelPort.
  [[nodiscard]] MutableByteView Prepare();
  void Commit(std::size_t count);
  // Sends what may go; also when the channel takes something again.
  void Drain() { (void)Send(); }
  // The unfinished message has waited for long enough.
  void Release();
  // Nothing more is read: what is left goes out behind all else.
  void Finish();
  // BYTES were written to the application.
  void OnDelivered(ByteView bytes);

  // Whether an unfinished message waits for its rest.
  [[nodiscard]] bool is_holding() const { return conversation_.IsHolding() && !blocked_; }
  // What was sent or delivered is not the module's protocol.
  [[nodiscard]] bool mismatch() const { return conversation_.mismatch(); }
  [[nodiscard]] bool is_stream() const { return conversation_.is_stream(); }
  [[nodiscard]] SessionId id() const { return id_; }
  // Whether something was sent since the last call.
  [[nodiscard]] bool TakeProgress() { return std::exchange(progress_, false); }

  // For the pump.
  Deadlines<MessageSender>::Deadline hold{*this};
  bool told_mismatch = false;

 private:
  // False: the channel takes no more now.
  [[nodiscard]] bool Send();
  // False: the channel did not take all of PIECE.
  [[nodiscard]] bool SendPiece(const module::Framer::Piece& piece);

  ChannelPort& port_;
  const SessionId id_;
  module::Conversation conversation_;
  const MutableByteView scratch_;
  bool direct_ = false;   // Prepare() gave a place of the channel's own
  bool blocked_ = false;  // something waits for the channel
  bool progress_ = false;
};

}  // namespace funnel::tcpd
