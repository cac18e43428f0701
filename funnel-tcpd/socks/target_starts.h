// How sessions that have a target begin, at either end. The acceptor's first bytes in such a
// session say that it has connected (man/funnel-protocol.7, "Targets"):
//
//   length 8, address of its socket as text, empty if it has none to tell
//
// The listening side keeps them from the client, which gets a SOCKS reply instead; if the session
// ends before they have come, the reply says why. Until then the client is not told anything. A
// client of a forward (forwards.h) speaks no SOCKS and gets no reply: it is reset if the session
// ends so early.
//
// Owned by a SessionPump, on the loop's thread.
#pragma once

#include <unordered_map>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/session.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class TargetStarts {
 public:
  // Both outlive it.
  TargetStarts(SharedState& shared, ChannelPort& port) : shared_(shared), port_(port) {}

  // --- listening side
  // ID was opened: its acceptor has to say that it has connected.
  void Expect(SessionId id, bool speaks_socks) { expected_[id] = {speaks_socks, {}}; }
  // Takes from the beginning of BYTES what says that, and replies to the client. Returns how many
  // bytes that were, 0 if it was said before. An error: the far side broke the rule.
  [[nodiscard]] Result<std::size_t> Take(SessionId id, Session& session, ByteView bytes);
  // The session of INFO ends, with CODE. If the client has no reply yet, it gets one, and its
  // connection is closed; without SOCKS it is left to the caller to reset it.
  void Refuse(SessionId id, Session& session, const wire::SessionInfo& info, wire::EndCode code);

  // --- connecting side
  // Says that FD, its connection, stands.
  void SayConnected(SessionId id, int fd);
  // Sends what the channel did not take yet of that. False: it does not take it now, and OnWritable
  // follows; nothing else may be sent before.
  [[nodiscard]] bool Flush(SessionId id);

  // The session is over.
  void Forget(SessionId id);

 private:
  struct Expected {
    bool speaks_socks = true;
    Bytes come;  // of what says that it has connected
  };

  SharedState& shared_;
  ChannelPort& port_;
  std::unordered_map<SessionId, Expected> expected_;
  std::unordered_map<SessionId, Bytes> unsent_;
};

}  // namespace funnel::tcpd
