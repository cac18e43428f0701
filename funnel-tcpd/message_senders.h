// The senders of one channel's sessions, for a service with a module: makes them, sends what they
// have held for module-hold, and decides about those whose application does not follow the
// protocol.
//
// Owned by a SessionPump, whose entries own the senders and go first.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/base/deadlines.h"
#include "common/event/loop.h"
#include "funnel-tcpd/message_sender.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class MessageSenders {
 public:
  // RESET ends a session at both ends; it destroys its sender. Both SHARED and PORT outlive it.
  MessageSenders(SharedState& shared, ChannelPort& port, funnel_end end,
                 std::function<void(SessionId)> reset);

  // nullptr: the service has no module.
  [[nodiscard]] std::unique_ptr<MessageSender> Make(SessionId id);
  // SENDER has sent or was shown something: watches what it holds, and checks that it follows the
  // protocol. False: the session was reset.
  bool Look(MessageSender& sender);
  // What the module reads it as.
  [[nodiscard]] std::string Text(const MessageSender& sender) const;

 private:
  // It does not follow the protocol: the service decides whether that matters. False: as in Look().
  bool OnMismatch(MessageSender& sender);
  // Sends unfinished messages that were held for module-hold.
  void ReleaseHeld();

  SharedState& shared_;
  ChannelPort& port_;
  const funnel_end end_;
  std::function<void(SessionId)> reset_;
  Deadlines<MessageSender> holds_;
  Bytes scratch_;  // senders read into it
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
