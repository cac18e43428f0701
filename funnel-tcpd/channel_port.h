// What sessions need of their channel: the sending calls of wire::Channel, and nothing of how it
// comes up. Tests put two sides directly against each other.
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
  // A place to read into; empty: the session takes nothing now, OnWritable follows.
  [[nodiscard]] virtual MutableByteView PrepareBytes(SessionId session) = 0;
  // How much of it was filled, 0 included; no other call in between.
  virtual void CommitBytes(SessionId session, std::size_t count) = 0;
  // Of a service with a module. How many bytes were taken; fewer than all: OnWritable follows.
  [[nodiscard]] virtual std::size_t SendBytes(SessionId session, ByteView bytes) = 0;
  // The order of a message; `more`: it is a piece, and another one belongs to it.
  struct Ordering {
    wire::Order order = wire::Order::kFree;
    std::uint64_t after = 0;  // kFollows
    bool more = false;
  };
  // Its number; nullopt: it was not taken, OnWritable follows.
  [[nodiscard]] virtual std::optional<std::uint64_t> SendMessage(SessionId session, ByteView bytes,
                                                                 const Ordering& ordering) = 0;
  // Whether that would take something now; if not OnWritable follows.
  [[nodiscard]] virtual bool TakesMessage(SessionId session) = 0;
  // What that message is, for a trace.
  virtual void TraceMessage(SessionId session, std::uint64_t number,
                            const service::MessageLabel& label) = 0;
  virtual void SendFin(SessionId session) = 0;
  virtual void ResetSession(SessionId session, wire::EndCode code) = 0;
  // Behind what was committed, with kBroken.
  virtual void FinishAndReset(SessionId session) = 0;
  virtual void Resume(SessionId session) = 0;
};

}  // namespace funnel::tcpd
