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
#include "funnel-tcpd/message_sender.h"
#include "funnel-tcpd/session.h"
#include "funnel-tcpd/session_clock.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class SessionPump final : private SessionOwner {
 public:
  // All of them outlive it. BACKEND connects sessions of the peer; null on the listening side.
  SessionPump(SharedState& shared, ChannelPort& port, Backend* backend);
  ~SessionPump();

  // Listening side: makes CONNECTION a session of this channel. False: the peer takes no further
  // session now, and CONNECTION is unchanged.
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
  // A session as its client's rate sees it.
  class Limited final : public ClientThrottle::Reader {
   public:
    Limited(SessionPump& pump, SessionId id, const SocketAddress& client)
        : Reader(client), pump_(pump), id_(id) {}
    void OnMayRead() override { pump_.OnMayRead(id_); }

   private:
    SessionPump& pump_;
    SessionId id_;
  };
  // A session whose backend is not connected yet has no `session`.
  struct Entry {
    std::unique_ptr<Session> session;
    std::unique_ptr<MessageSender> sender;  // for a service with a module
    DialId dial{};
    service::BackendPool::Use backend;  // once it is connected
    SessionLimit::Slot slot;
    bool fin = false;  // the peer's direction has ended, maybe before the backend was connected
    bool ours_ended_first = false;
    service::AccessCounts counts = {};
    wire::SessionInfo info{};
    TimePoint opened = Now();
    std::unique_ptr<SessionClock::Times> times;  // exists if `session` does
    std::unique_ptr<Limited> reader;             // on the listening side
  };

  [[nodiscard]] MutableByteView PrepareBytes(SessionId session) override;
  void CommitBytes(SessionId session, std::size_t count) override;
  void SendFin(SessionId session) override;
  void Resume(SessionId session) override;
  void RequestTurn(Session& session) override;
  void OnOutputBlocked() override;
  void OnFinished(Session& session) override;
  void OnBroken(Session& session) override;

  // Gets the backend's socket for a session that the far end opened, or why there is none.
  void OnDialed(SessionId id, Result<Dialer::Connected> connected);
  // False: the socket cannot be watched, and the session is reset.
  [[nodiscard]] bool StartSession(SessionId id, Entry& entry, UniqueFd fd);
  // The session's time is over. It is reset at both ends, so that it does not look like a proper
  // end.
  void OnExpired(SessionId id, SessionClock::Why why);
  // Sets the timer to the next deadline of the clock.
  void ArmClock();
  void LogTimeout(const Entry& entry, std::string_view text, std::string_view key,
                  std::string_view side);
  // Logs it if CODE says that a time of the far side is over.
  void LogFarTimeout(const Entry& entry, wire::EndCode code);
  // Ends a session here and at the far side.
  void ResetBoth(SessionId id, wire::EndCode code);
  // Ends a session here, for the reason END: its connection is reset unless it is over already.
  void Drop(SessionId id, const service::AccessEnd& end);
  // --- of client-byte-rate
  // Whether the session's client is within its rate; if not, OnMayRead() follows.
  [[nodiscard]] bool MayRead(SessionId id);
  void OnMayRead(SessionId id);
  // --- of the access log
  [[nodiscard]] std::string_view OurSide() const { return backend_ ? "backend" : "client"; }
  [[nodiscard]] std::string_view FarSide() const { return backend_ ? "client" : "backend"; }
  void CountWritten(Entry& entry, std::size_t bytes, TimePoint now) const;
  void CountRead(Entry& entry, std::size_t bytes, TimePoint now) const;
  // How a session ended: cleanly, by the far side's CODE, or by our own.
  [[nodiscard]] service::AccessEnd ClosedBy(const Entry& entry) const;
  [[nodiscard]] service::AccessEnd FarEnd(wire::EndCode code) const;
  [[nodiscard]] service::AccessEnd OwnEnd(wire::EndCode code) const;
  void LogAccess(const Entry& entry, const service::AccessEnd& end);
  // Lets sessions read that asked for it, and destroys those that have ended.
  void RunTurn();
  // --- of a service with a module
  [[nodiscard]] MessageSender* FindSender(SessionId id);
  [[nodiscard]] std::string ModuleText(const Entry& entry) const;
  // The backend that it is connected to; before that, all there are.
  [[nodiscard]] std::string BackendText(const Entry& entry) const;
  // SENDER has sent or was shown something: watches what it holds, and checks that it follows the
  // protocol. False: the session was reset.
  bool Look(MessageSender& sender);
  // It does not follow the protocol: the service decides whether that matters.
  bool OnMismatch(MessageSender& sender);
  // Sends unfinished messages that were held for module-hold.
  void ReleaseHeld();

  SharedState& shared_;
  ChannelPort& port_;
  Backend* backend_;
  // Before the entries, because their senders have deadlines in it.
  Deadlines<MessageSender> holds_;
  SessionClock clock_;
  std::unordered_map<SessionId, Entry> entries_;
  std::vector<SessionId> ready_;                 // they read in the next turn
  std::vector<std::unique_ptr<Session>> swept_;  // over; may be on the stack until the turn ends
  std::unique_ptr<event::TurnHook> turn_;
  Departures departures_;
  Bytes scratch_;  // senders read into it
  std::unique_ptr<event::Timer> hold_timer_, clock_timer_;
};

}  // namespace funnel::tcpd
