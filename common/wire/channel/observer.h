// What a channel reports to its owner.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/types.h"

namespace funnel::wire {

// From within a callback every sending call of the channel is allowed; OnSealed(), OnLinkClosed(),
// OnTimer(), Flush() and the destructor are not.
class ChannelObserver {
 public:
  virtual ~ChannelObserver() = default;
  // The first frame with the right CONFIRM was opened: both ends agree on keys and handshake. Once.
  virtual void OnConfirmed() = 0;
  // Acceptor only: the peer opened a session.
  virtual void OnSessionOpened(SessionId session, const SessionInfo& info) = 0;
  virtual void OnDatagram(SessionId session, ByteView datagram) = 0;
  // The same of one that came to the far side in a packet with a DSCP, 1 to 63.
  virtual void OnMarkedDatagram(SessionId session, ByteView datagram, std::uint8_t /*dscp*/) {
    OnDatagram(session, datagram);
  }
  // Bytes of the next deliverable message, in the order the peer stated. Returns how many were
  // taken (written to the output entirely); fewer than all: the channel keeps the rest, and calls
  // again only after Resume(session). Credit is given back for what was taken.
  virtual std::size_t OnMessage(SessionId session, ByteView bytes) = 0;
  // The peer's direction ended cleanly (authenticated FIN), and everything before it was delivered.
  virtual void OnFin(SessionId session) = 0;
  // The session is over and forgotten: reset by the peer, by a violation, for a reader of ours that
  // was stuck (kTimeout; kStuck: for one of the peer's), or by the end of the channel. What the
  // peer's application had sent before it reset the connection was delivered. kNone: the peer ended
  // the flow with END_SESSION. Not called for what the owner ends itself.
  virtual void OnSessionReset(SessionId session, EndCode code) = 0;
  // Credit or room arrived: the session takes bytes again after it had taken fewer than offered.
  virtual void OnWritable(SessionId session) = 0;
  // OpenSession may succeed again after it had returned nullopt.
  virtual void OnSessionsAvailable() {}
  virtual void OnPong(std::uint64_t value, Duration round_trip) = 0;
  // Initiator: time for a new epoch. Ask authd for a token, then StartRekey(), or RekeyFailed().
  // Called again only after RekeyFailed() (then after settings.rekey_retry) or in the next epoch.
  virtual void OnRekeyDue(Epoch next) = 0;
  // A REKEY record came. Acceptor: ask authd, then AnswerRekey(). Initiator: ask authd, then
  // InstallEpoch(). Either: RekeyFailed(). The token is untrusted input for authd, from an
  // authenticated peer.
  virtual void OnRekeyToken(Epoch next, ByteView token) = 0;
  // From now on the channel sends in EPOCH, and what the owner keeps of the one before (its context
  // at authd, its exporter secret) is over. An acceptor that answers a REKEY cannot know whether
  // the initiator can use the answer: until this comes the former epoch's secret is what the next
  // REKEY is bound to, and a further AnswerRekey() takes the place of the unused keys.
  virtual void OnEpochInUse(Epoch /*epoch*/) {}
  // Initiator: the acceptor refuses the rekey; the old epoch goes on.
  virtual void OnRekeyRefused() {}
  // @peer only: the body of HELLO (hello.h). False: not expected on this channel, a violation.
  virtual bool OnHello(ByteView /*body*/) { return false; }
  // Only where Feature::kModules was agreed on: which protocol module the peer has. False: it has
  // said so before, a violation.
  virtual bool OnModule(const ModuleRecord& /*module*/) { return false; }
  // Initiator: the channel's serving() has changed.
  virtual void OnServing() {}
  // The peer has said FAREWELL: nothing new can be sent, and only readers that are slow keep the
  // channel from its end.
  virtual void OnDraining(EndCode /*code*/) {}
  // The channel is over. clean: the peer's FAREWELL and nothing is missing, or ours was handed to
  // the sink. Every live session got OnSessionReset before.
  virtual void OnEnded(EndCode code, const std::string& text, bool clean) = 0;
};

}  // namespace funnel::wire
