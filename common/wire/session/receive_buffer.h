// Bytes of one channel that came and are not delivered yet: messages whose turn has not come or
// whose reader takes nothing, and datagrams that overtook their OPEN_SESSION. They lie with their
// sessions; this counts them and keeps the limits of what credit does not bound. Owned by the
// channel.
#pragma once

#include <vector>

#include "common/base/bytes.h"
#include "common/wire/frame/record.h"
#include "common/wire/session/session.h"

namespace funnel::wire {

class ReceiveBuffer {
 public:
  // Of datagrams that overtook what opens their session, each counted with what keeping it costs.
  static constexpr std::size_t kMaxEarly = 1 << 20;  // of all sessions
  static constexpr std::size_t kMaxEarlyOfSession = kMaxEarly / 4;

  // Keeps a copy of MESSAGE, of which TAKEN bytes were delivered.
  void Hold(Session& session, const MessageRecord& message, std::size_t taken);
  // COUNT bytes of HELD, which is SESSION's next, were delivered.
  void Took(Session& session, Inbox::Held& held, std::size_t count);
  void DropMessages(Session& session) { message_bytes_ -= session.inbox.DropHeld(); }

  // False: there is no room, and the datagram is lost.
  [[nodiscard]] bool HoldEarly(Session& session, ByteView datagram);
  // In the order in which they came.
  [[nodiscard]] std::vector<Bytes> TakeEarly(Session& session);

  void DropAll(Session& session);

  // The bytes of all messages, without datagrams.
  [[nodiscard]] std::size_t message_bytes() const { return message_bytes_; }

 private:
  std::size_t message_bytes_ = 0;
  std::size_t early_ = 0;
};

}  // namespace funnel::wire
