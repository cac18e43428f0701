// What an edge daemon (funnel-udpd, funnel-tcpd) implements, and the channels it is given.
// Everything else that edges share is in this folder: edge.h ties it together, run_edge.h is
// main().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/config/model.h"
#include "common/service/channel_identity.h"
#include "common/wire/channel/channel.h"

namespace funnel::service {

// What an application wants to keep with a channel.
class ChannelData {
 public:
  virtual ~ChannelData() = default;
};

// What a protocol module says that a message is: "search request", 5. Never payload.
struct MessageLabel {
  const char* text = nullptr;  // nullptr: nothing
  std::optional<std::uint64_t> number = {};
};

// One live channel. Valid from OnChannelUp until OnChannelDown has returned.
class ChannelHandle {
 public:
  // Its sending calls, from anywhere on the loop's thread. Not Flush, OnSealed, OnLinkClosed,
  // OnTimer, Close and the calls about rekeying: those are made by this library.
  [[nodiscard]] virtual wire::Channel& wire() = 0;
  // After sending: what waits leaves at the end of this turn of the loop, in as few frames and
  // system calls as it takes. Cheap; call it as often as you like. Not needed inside the
  // Application's OnX callbacks that come from the channel itself.
  virtual void RequestFlush() = 0;

  // What it is, for as long as it lives.
  [[nodiscard]] virtual const ChannelIdentity& identity() const = 0;
  [[nodiscard]] wire::Role role() const { return identity().role; }
  [[nodiscard]] const std::string& peer() const { return identity().peer; }
  [[nodiscard]] const std::string& local_principal() const { return identity().local_principal; }
  [[nodiscard]] const std::string& remote_principal() const { return identity().remote_principal; }
  [[nodiscard]] wire::Features features() const { return identity().features; }
  [[nodiscard]] std::uint64_t serial() const { return identity().serial; }
  // For `funnelctl trace`: the message NUMBER of SESSION, which was just sent, is what LABEL says.
  virtual void TraceMessage(SessionId /*session*/, std::uint64_t /*number*/,
                            const MessageLabel& /*label*/) {}

  // The application's own; goes with the channel.
  std::unique_ptr<ChannelData> data;

 protected:
  ~ChannelHandle() = default;
};

// One session - a flow, a connection - as `funnelctl sessions` shows it.
struct SessionView {
  // What carries it; nullptr: nothing at present, it waits for a channel.
  ChannelHandle* channel = nullptr;
  SessionId id;
  std::string_view state;  // "open", "connecting", "waiting"
  std::string client;      // addresses as the far side stated them; may be empty
  std::string local;
  std::string backend;  // connecting side
  // What the module makes of it: "dns", "dns: bytes"; empty: the service has none.
  std::string module;
  TimePoint opened{};
  TimePoint active{};  // where the application knows better than the channel
};

// The callbacks from OnSessionOpened to OnSessionsAvailable are those of wire::ChannelObserver,
// with the rules that stand there (no destruction, no flush; every sending call is allowed).
class Application {
 public:
  virtual ~Application() = default;

  // Keys are there: the initiator may open sessions and send at once.
  virtual void OnChannelUp(ChannelHandle& channel) = 0;
  // Every live session of it got OnSessionReset before. clean: authenticated by FAREWELL.
  virtual void OnChannelDown(ChannelHandle& channel, wire::EndCode code, bool clean) = 0;
  // Initiator: there is no channel, and none will be tried before UNTIL: an authenticated refusal,
  // or a failure of ours. Clients that would not wait until then can be turned away.
  virtual void OnUnavailable(const std::string& /*reason*/, TimePoint /*until*/) {}

  virtual void OnSessionOpened(ChannelHandle& channel, SessionId session,
                               const wire::SessionInfo& info) = 0;
  virtual void OnDatagram(ChannelHandle& /*channel*/, SessionId /*session*/,
                          ByteView /*datagram*/) {}
  virtual std::size_t OnMessage(ChannelHandle& /*channel*/, SessionId /*session*/, ByteView bytes) {
    return bytes.size();
  }
  virtual void OnFin(ChannelHandle& /*channel*/, SessionId /*session*/) {}
  virtual void OnSessionReset(ChannelHandle& channel, SessionId session, wire::EndCode code) = 0;
  virtual void OnWritable(ChannelHandle& /*channel*/, SessionId /*session*/) {}
  virtual void OnSessionsAvailable(ChannelHandle& /*channel*/) {}

  // Since when there has been no flow and no connection; where there was none yet, since the start.
  // nullopt: there are some. For idle-exit.
  [[nodiscard]] virtual std::optional<TimePoint> IdleSince() const { return std::nullopt; }

  // SIGHUP: the service's configuration was read again and is right. Role, protocol and addresses
  // to listen on are as before (a change of these needs a restart and is logged by the library).
  virtual void OnReload(const config::ServiceConfig& /*service*/) {}
  // For funnelctl. How many sessions there are, waiting ones included.
  [[nodiscard]] virtual std::size_t session_count() const { return 0; }
  // The service's protocol module; "": it has none, or it is not there.
  [[nodiscard]] virtual std::string module_name() const { return ""; }
  virtual void VisitSessions(const std::function<void(const SessionView&)>& /*visit*/) {}
  // Ends one as if its client or backend had; false: there is none.
  virtual bool ResetSession(ChannelHandle& /*channel*/, SessionId /*session*/) { return false; }
  // While it drains it takes no new sessions; those there are go on.
  virtual void SetDraining(bool /*draining*/) {}

  // SIGTERM: take nothing new. Channels are closed right after this, which resets live sessions.
  virtual void OnStop() {}
};

}  // namespace funnel::service
