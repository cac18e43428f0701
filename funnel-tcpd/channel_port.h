// What sessions need from their channel: the sending calls of wire::Channel, and nothing about how
// it comes up. Tests connect two sides directly.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/service/application.h"
#include "common/wire/frame/types.h"

namespace funnel::tcpd {

class ChannelPort {
 public:
  // Who is at the other end.
  struct Peer {
    std::string name;
    std::string principal;
  };

  virtual ~ChannelPort() = default;
  [[nodiscard]] virtual Peer peer() const = 0;
  [[nodiscard]] virtual std::optional<SessionId> OpenSession(const wire::SessionInfo& info) = 0;
  // A buffer to read into; empty: the session takes nothing now, and OnWritable follows.
  [[nodiscard]] virtual MutableByteView PrepareBytes(SessionId session) = 0;
  // How much of the buffer was filled, maybe 0; no other call may come in between.
  virtual void CommitBytes(SessionId session, std::size_t count) = 0;
  // For a service with a module. Returns how many bytes were taken; if not all, OnWritable follows.
  [[nodiscard]] virtual std::size_t SendBytes(SessionId session, ByteView bytes) = 0;
  // The order of a message. `more`: this is a piece of it, and another one follows.
  struct Ordering {
    wire::Order order = wire::Order::kFree;
    std::uint64_t after = 0;  // kFollows
    bool more = false;
  };
  // Returns its number; nullopt: it was not taken, and OnWritable follows.
  [[nodiscard]] virtual std::optional<std::uint64_t> SendMessage(SessionId session, ByteView bytes,
                                                                 const Ordering& ordering) = 0;
  // Whether SendMessage would take something now; if not, OnWritable follows.
  [[nodiscard]] virtual bool TakesMessage(SessionId session) = 0;
  // What that message is, for a trace.
  virtual void TraceMessage(SessionId session, std::uint64_t number,
                            const service::MessageLabel& label) = 0;
  virtual void SendFin(SessionId session) = 0;
  virtual void ResetSession(SessionId session, wire::EndCode code) = 0;
  // Ends the direction after what was committed, and resets with kBroken.
  virtual void FinishAndReset(SessionId session) = 0;
  virtual void Resume(SessionId session) = 0;
};

}  // namespace funnel::tcpd
