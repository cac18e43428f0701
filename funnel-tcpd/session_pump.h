// The sessions of one channel: passes what the channel delivers to their sockets, and their bytes
// to the channel. There is one teardown path: whatever ends a session, Drop() does it.
//
// Owned by the owner of the channel (listen_side.h, connect_side.h), which passes on the channel's
// callbacks about sessions; on the loop's thread. When the channel is over, call ResetAll() or
// destroy it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/event/loop.h"
#include "funnel-tcpd/backend.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/departures.h"
#include "funnel-tcpd/message_senders.h"
#include "funnel-tcpd/sender_rates.h"
#include "funnel-tcpd/session.h"
#include "funnel-tcpd/session_clock.h"
#include "funnel-tcpd/session_report.h"
#include "funnel-tcpd/shared_state.h"
#include "funnel-tcpd/socks/target_starts.h"

namespace funnel::tcpd {

class SessionPump final : private SessionOwner {
 public:
  // All of them outlive it. BACKEND connects sessions of the peer; null on the listening side.
  SessionPump(SharedState& shared, ChannelPort& port, Backend* backend);
  ~SessionPump();

  // Listening side: makes CONNECTION a session of this channel, and the other flows of its command,
  // too. False: the peer takes no further session now, and CONNECTION is unchanged.
  [[nodiscard]] bool Open(Connection& connection);

  // Calls of the channel's observer; only from inside these.
  void OnSessionOpened(SessionId id, const wire::SessionInfo& info);
  [[nodiscard]] std::size_t OnMessage(SessionId id, ByteView bytes);
  void OnFin(SessionId id);
  void OnSessionReset(SessionId id, wire::EndCode code);
  void OnWritable(SessionId id);

  // The channel has ended: resets every connection. A second call does nothing.
  void ResetAll();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // For funnelctl.
  struct View {
    SessionId id;
    bool connected = false;
    const wire::SessionInfo& info;
    TimePoint opened{};
    std::string backend;  // empty on the listening side
    std::string module;   // what the module reads it as; empty: the service has none
  };
  void Visit(const std::function<void(View&&)>& visit) const;
  // The service's times may have changed.
  void OnReload();
  // Ends the session at both ends; false: there is none.
  bool Reset(SessionId id);

 private:
  // A session whose backend is not connected yet has no `session`.
  struct Entry {
    SessionFacts facts;
    std::unique_ptr<Session> session;
    std::unique_ptr<MessageSender> sender;  // for a service with a module
    DialId dial{};
    SessionLimit::Slot slot;
    std::unique_ptr<SessionClock::Times> times;   // exists if `session` does
    std::unique_ptr<SenderRates::Reader> reader;  // if its sender may have a rate
  };

  [[nodiscard]] MutableByteView PrepareBytes(SessionId session) override;
  void CommitBytes(SessionId session, std::size_t count) override;
  void SendFin(SessionId session) override;
  void Resume(SessionId session) override;
  void RequestTurn(Session& session) override;
  void OnOutputBlocked() override;
  void OnFinished(Session& session) override;
  void OnBroken(Session& session) override;

  // Listening side: the session that was opened for CONNECTION.
  void Begin(SessionId id, Connection& connection);
  Entry& Add(SessionId id, const wire::SessionInfo& info, SessionLimit::Slot slot);
  // Gets the backend's socket for a session that the far end opened, or why there is none.
  void OnDialed(SessionId id, Result<Dialer::Connected> connected);
  // What the far end is told of a dial that failed with ERROR.
  [[nodiscard]] static wire::EndCode EndCodeOf(const Entry& entry, const Error& error);
  // FD is connected to the session's target.
  void OnTargetConnected(SessionId id, Entry& entry, int fd);
  // Listening side: the session ends with CODE; a client that waits for its target learns why.
  void RefuseClient(SessionId id, Entry& entry, wire::EndCode code);
  // False: the socket cannot be watched, and the session is reset.
  [[nodiscard]] bool StartSession(SessionId id, Entry& entry, UniqueFd fd);
  // The session's time is over. It is reset at both ends, so that it does not look like a proper
  // end.
  void OnExpired(SessionId id, SessionClock::Why why);
  // Sets the timer to the next deadline of the clock.
  void ArmClock() {
    if (clock_.next() != TimePoint::max()) clock_timer_->Arm(clock_.next());
  }
  // Ends a session here and at the far side.
  void ResetBoth(SessionId id, wire::EndCode code);
  // Ends a session here, for the reason END: its connection is reset unless it is over already.
  void Drop(SessionId id, const service::AccessEnd& end);
  // Its sender is within its rate again.
  void OnMayRead(SessionId id);
  // nullptr: the service has no module.
  [[nodiscard]] MessageSender* FindSender(SessionId id);
  // Lets sessions read, or take what the channel has, that asked for it, and destroys those that
  // have ended.
  void RunTurn();

  SharedState& shared_;
  ChannelPort& port_;
  Backend* backend_;
  SessionReport report_;
  SenderRates rates_;  // before the entries, which have its readers
  // Before the entries, because these have deadlines in them.
  MessageSenders senders_;
  TargetStarts starts_;
  SessionClock clock_;
  std::unordered_map<SessionId, Entry> entries_;
  std::vector<SessionId> ready_;                 // they read in the next turn
  std::vector<SessionId> resumed_;               // their peer is within its rate again
  std::vector<std::unique_ptr<Session>> swept_;  // over; may be on the stack until the turn ends
  std::unique_ptr<event::TurnHook> turn_;
  Departures departures_;
  std::unique_ptr<event::Timer> clock_timer_;
};

}  // namespace funnel::tcpd
